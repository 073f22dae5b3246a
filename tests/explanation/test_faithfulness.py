from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rumorscope.config import Settings
from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.bootstrap import Interval
from rumorscope.explanation.faithfulness import (
    Effort,
    Estimate,
    Faithful,
    measure_faithfulness,
    one_per_picture,
    summarise,
)
from rumorscope.explanation.orders import Areas
from rumorscope.explanation.record import FaithfulnessRecord, read_faithfulness, write_faithfulness
from rumorscope.post import Label, Post
from rumorscope.training.checkpoint import Calibration, Checkpoint
from scoring.toy import ToyDetector, picture
from tiny import tiny_picture


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    return Checkpoint(ToyDetector().eval(), "toy", Settings(), Calibration(), {}, "0123456789abcdef", folder)


def posts(folder: Path) -> list[Post]:
    files = [picture(folder / f"{n}.png", (80 * n, 0, 0)) for n in range(3)]
    return [Post(str(n), "the sea", (files[n % 3],), Label(n % 2)) for n in range(6)]


def gain(mean: float, low: float, high: float) -> Faithful:
    other = Estimate(0.5, None)
    return Faithful(other, other, Estimate(mean, Interval(low, high)))


def record(methods: dict[str, Faithful]) -> FaithfulnessRecord:
    return FaithfulnessRecord("0123456789abcdef", "f" * 64, "test", 40, Effort(), 1000, methods)


def test_gains_are_taken_post_by_post() -> None:
    areas = [
        {"relevance": Areas(0.2, 0.9), "random": Areas(0.5, 0.6)},
        {"relevance": Areas(0.8, 0.8), "random": Areas(0.7, 0.9)},
    ]
    found = summarise(areas, np.array([0, 1]))
    assert found["relevance"].deletion.mean == pytest.approx(0.5)
    assert found["relevance"].insertion.mean == pytest.approx(0.85)
    assert found["relevance"].gain.mean == pytest.approx(((0.7 - 0.1) + (0.0 - 0.2)) / 2)
    assert found["relevance"].gain.interval == Interval(pytest.approx(-0.2), pytest.approx(0.6))
    assert found["random"].gain.mean == 0
    assert summarise(areas, np.array([0, 0]))["relevance"].gain.interval is None


def test_a_method_that_some_posts_lack_is_left_out() -> None:
    areas = [{"weights": Areas(0.1, 0.9), "random": Areas(0.5, 0.5)}, {"random": Areas(0.5, 0.5)}]
    assert list(summarise(areas, np.array([0, 1]))) == ["random"]


def test_a_toy_is_measured_end_to_end(checkpoint: Checkpoint, tmp_path: Path) -> None:
    done: list[int] = []
    found = measure_faithfulness(
        checkpoint, posts(tmp_path), effort=Effort(4, 2, 0), resamples=100, advance=done.append
    )
    assert list(found) == ["weights", "relevance", "occlusion", "random"]
    assert sum(done) == 6
    for method in found.values():  # pictures of one color: covering changes nothing
        assert method.gain.mean == pytest.approx(0, abs=1e-6)
        assert method.deletion.mean == pytest.approx(method.insertion.mean, abs=1e-6)


def test_occlusion_beats_chance_where_pictures_differ_from_place_to_place(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    shown = []
    for number, color in enumerate(("red", "green", "blue")):
        (tmp_path / f"{color}.png").write_bytes(tiny_picture(color))
        shown.append(Post(str(number), "the sea", (tmp_path / f"{color}.png",)))
    found = measure_faithfulness(checkpoint, shown, effort=Effort(8, 3, 0), resamples=100)
    assert found["occlusion"].gain.mean > 0
    again = measure_faithfulness(checkpoint, shown, effort=Effort(8, 3, 0), resamples=100)
    assert again == found


def test_labels_are_not_looked_at(checkpoint: Checkpoint, tmp_path: Path) -> None:
    known = posts(tmp_path)[:2]
    unknown = [replace(post, label=None) for post in known]
    effort = Effort(2, 1, 0)
    assert measure_faithfulness(checkpoint, known, effort=effort, resamples=100) == measure_faithfulness(
        checkpoint, unknown, effort=effort, resamples=100
    )


def test_posts_without_pictures_are_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(InputError, match="1 of 1 posts have no picture"):
        measure_faithfulness(checkpoint, [Post("a", "the sea")])


def test_one_post_a_picture(tmp_path: Path) -> None:
    chosen = one_per_picture([*posts(tmp_path), Post("bare", "x")], 10, 0)
    assert sorted(post.id for post in chosen) == ["0", "1", "2"]
    assert [post.id for post in one_per_picture(posts(tmp_path), 2, 0)] == [post.id for post in chosen[:2]]
    with pytest.raises(InputError, match="no post has a picture"):
        one_per_picture([Post("bare", "x")], 10, 0)


def test_the_sentence_claims_only_what_the_interval_shows() -> None:
    methods = {
        "weights": gain(-0.01, -0.03, 0.01),
        "relevance": gain(-0.05, -0.08, -0.02),
        "occlusion": gain(0.1, 0.05, 0.15),
        "random": gain(0.0, 0.0, 0.0),
    }
    assert record(methods).sentence() == (
        "Tested on 40 posts, what the frames hold cannot be told from random regions "
        "(gain −0.010, 95% −0.030 to +0.010); what the relevance maps mark counts less for the answer than "
        "random regions (gain −0.050, 95% −0.080 to −0.020); what painting over region after region finds "
        "counts more for the answer than random regions (gain +0.100, 95% +0.050 to +0.150)."
    )


def test_the_record_is_kept_beside_the_run_and_read_for_its_checkpoint_alone(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    assert read_faithfulness(folder, "0123456789abcdef") is None
    kept = record({"occlusion": gain(0.1, 0.05, 0.15)})
    assert write_faithfulness(kept, folder) == folder / "faithfulness.json"
    (tmp_path / "history.jsonl").touch()
    path = write_faithfulness(kept, folder)
    assert path == tmp_path / "faithfulness.json"
    assert read_faithfulness(folder, "0123456789abcdef") == kept.sentence()
    assert read_faithfulness(folder, "another") is None
    path.write_text('{"checkpoint": "0123')
    with pytest.raises(CheckpointError, match="is damaged; 'rumorscope faithfulness' writes it anew"):
        read_faithfulness(folder, "0123456789abcdef")
