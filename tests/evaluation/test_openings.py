"""Looks at test data are counted where the run is, apart for each dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rumorscope import __version__
from rumorscope.config import Settings
from rumorscope.data.manifest import Manifest
from rumorscope.errors import InputError
from rumorscope.evaluation.openings import OPENINGS, open_test, record_opening
from rumorscope.post import Post
from rumorscope.training.checkpoint import Calibration, Checkpoint


def _checkpoint(folder: Path, hash: str = "abc") -> Checkpoint:
    folder.mkdir(parents=True, exist_ok=True)
    return Checkpoint(None, "toy", Settings(), Calibration(), {}, hash, folder)  # type: ignore[arg-type]  # unused


def test_looks_are_counted_for_each_dataset(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    assert [record_opening(checkpoint, data) for data in ("x", "y", "x", "x")] == [1, 1, 2, 3]


def test_a_run_counts_across_its_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").touch()
    assert record_opening(_checkpoint(tmp_path / "checkpoint", "before"), "x") == 1
    assert record_opening(_checkpoint(tmp_path / "checkpoint", "retrained"), "x") == 2
    lines = [json.loads(line) for line in (tmp_path / OPENINGS).read_text().splitlines()]
    assert [line["checkpoint"] for line in lines] == ["before", "retrained"]
    assert not (tmp_path / "checkpoint" / OPENINGS).exists()  # it is replaced whole by training


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / OPENINGS).mkdir()  # as good as read-only, for any user
    assert record_opening(checkpoint, "x") is None


def test_a_line_cut_off_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    record_opening(checkpoint, "x")
    with (tmp_path / "checkpoint" / OPENINGS).open("a") as file:
        file.write('{"time": "20\n')
    assert record_opening(checkpoint, "x") == 2


def test_a_checkpoint_on_its_own_keeps_its_ledger(tmp_path: Path) -> None:
    record_opening(_checkpoint(tmp_path / "checkpoint"), "x")
    assert (tmp_path / "checkpoint" / OPENINGS).is_file()


def _manifest(*splits: str | None, fingerprint: str = "x", undivided: str | None = None) -> Manifest:
    posts = tuple(Post(str(n), "") for n in range(len(splits)))
    return Manifest(Path("data/posts"), posts, splits, fingerprint, undivided)


def test_test_posts_are_handed_over_and_the_look_is_recorded(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path)
    opened = open_test(checkpoint, _manifest("train", "test", None, "test"))
    assert [post.id for post in opened.posts] == ["1", "3"]
    assert opened.times == 1
    assert open_test(checkpoint, _manifest("test")).times == 2
    line = json.loads((tmp_path / OPENINGS).read_text().splitlines()[0])
    assert (line["data"], line["checkpoint"], line["version"]) == ("x", "abc", __version__)
    assert line["time"].endswith("+00:00")


def test_a_manifest_without_test_posts_is_no_look(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data/posts has no split 'test'; it has: dev, train"):
        open_test(_checkpoint(tmp_path), _manifest("train", "dev", None))
    assert not (tmp_path / OPENINGS).exists()


def test_a_run_is_not_tested_on_another_division_of_what_it_learnt_from(tmp_path: Path) -> None:
    """Trained on a split file and tested without it, a run could meet the posts that taught it."""
    checkpoint = _checkpoint(tmp_path)
    checkpoint.details["divisions"] = {"posts": "posts in parts"}
    with pytest.raises(InputError, match="learnt from other parts of data/posts than these"):
        open_test(checkpoint, _manifest("test", fingerprint="posts"))
    with pytest.raises(InputError, match="give the split file and the fold"):
        open_test(checkpoint, _manifest("test", fingerprint="other parts", undivided="posts"))
    assert not (tmp_path / OPENINGS).exists()
    assert open_test(checkpoint, _manifest("test", fingerprint="posts in parts", undivided="posts")).times
    assert open_test(checkpoint, _manifest("test", fingerprint="other posts")).times
