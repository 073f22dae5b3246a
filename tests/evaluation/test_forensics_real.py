"""What plain baselines find in CASIA v1, as docs/forensics.md prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rumorscope.data.importing import import_dataset
from rumorscope.data.manifest import load_manifest
from rumorscope.evaluation.forensic_baselines import baselines
from rumorscope.evaluation.forensics import known_pictures, measure_forensics, resaved
from rumorscope.evaluation.openings import open_test
from rumorscope.post import Post


@pytest.fixture(scope="module")
def casia(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Post], list[Post]]:
    """Training and test pictures."""
    folder = tmp_path_factory.mktemp("imported") / "casia1"
    import_dataset("casia1", real_data / "casia1", folder)
    manifest = load_manifest(folder)
    return known_pictures(manifest.split("train")), known_pictures(open_test(None, manifest).posts)


NEAR = {"abs": 0.02}  # encoders of other versions round a little otherwise


def aucs(train: list[Post], posts: list[Post]) -> dict[str, float | None]:
    answers = [found for found in baselines(train, posts) if found.scores is not None]
    whole = measure_forensics(posts, answers, resamples=100).whole
    return {name: estimate.value for name, estimate in whole.items()}


def test_how_a_file_was_saved_tells_nearly_all(casia: tuple[list[Post], list[Post]]) -> None:
    expected = {"error level, mean": 0.759, "error level, regression": 0.782, "bytes a pixel": 0.767,
                "JPEG-table look-up": 0.996}  # fmt: skip
    assert aucs(*casia) == pytest.approx(expected, **NEAR)


def test_saved_anew_little_is_left(casia: tuple[list[Post], list[Post]]) -> None:
    train, posts = casia
    expected = {"error level, mean": 0.591, "error level, regression": 0.673, "bytes a pixel": 0.592,
                "JPEG-table look-up": 0.5}  # fmt: skip
    assert aucs(resaved(train, 75), resaved(posts, 75)) == pytest.approx(expected, **NEAR)
