from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rumorscope.config import Settings
from rumorscope.errors import InputError
from rumorscope.evaluation.assess import Resampling
from rumorscope.evaluation.bootstrap import resample_weights
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.metrics import measure
from rumorscope.evaluation.predictions import predict
from rumorscope.evaluation.robustness import registry
from rumorscope.evaluation.robustness.measure import FLIPPED, SHIFT, Robustness, measure_robustness
from rumorscope.evaluation.robustness.registry import Perturbation, perturbations
from rumorscope.evaluation.robustness.sample import sampled, write_examples
from rumorscope.evaluation.robustness.tables import csv_rows, markdown, rich_tables, summary
from rumorscope.post import Label, Post
from rumorscope.training.checkpoint import Calibration, Checkpoint
from scoring.toy import ToyDetector, picture

FEW = Resampling(resamples=100)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(
        ToyDetector().eval(), "toy", Settings(), Calibration(threshold=0.45), {}, "0123456789abcdef", tmp_path
    )


@pytest.fixture
def posts(tmp_path: Path) -> list[Post]:
    """Twenty posts with words; the first twelve show one of four pictures."""
    files = [picture(tmp_path / f"{n}.png", (60 * n, 60 * n, 60 * n)) for n in range(4)]
    words = ("the sea", "a cat sat up", "rose up", "cat")
    return [
        Post(str(n), words[n % 4], (files[n % 4],) if n < 12 else (), Label(int(n % 3 == 0)), "event")
        for n in range(20)
    ]


def measured(checkpoint: Checkpoint, posts: Sequence[Post], *names: str) -> Robustness:
    return measure_robustness(checkpoint, posts, only=names or None, resampling=FEW)


def test_the_changes_are_those_of_two_evaluations(checkpoint: Checkpoint, posts: list[Post]) -> None:
    found = measured(checkpoint, posts, "darker")
    (darker,) = perturbations(["darker"])
    labels = np.array([post.label for post in posts], dtype=np.int64)
    before = predict(checkpoint.detector, checkpoint.calibration, posts)
    changed = [darker.prepare(posts, 0)(post) if post.images else post for post in posts]
    after = predict(checkpoint.detector, checkpoint.calibration, changed)
    (effect,) = found.effects
    old, new = measure(labels, before, 0.45).values, measure(labels, after, 0.45).values
    for name in ("accuracy", "macro_f1", "auc"):
        assert effect.all.shifts[name].change == pytest.approx(new[name] - old[name], abs=1e-12)
        assert found.before[name] == pytest.approx(old[name])
    assert effect.all.shifts[SHIFT].change == pytest.approx(np.abs(after - before).mean())
    assert effect.all.shifts[FLIPPED].change == np.mean((after >= 0.45) != (before >= 0.45))
    assert effect.touched is not None
    assert (effect.touched.posts, effect.touched.clusters, effect.all.posts) == (12, 4, 20)
    assert effect.touched.shifts[SHIFT].change == pytest.approx(np.abs(after - before)[:12].mean())


def test_intervals_agree_with_a_slow_loop(checkpoint: Checkpoint, posts: list[Post]) -> None:
    (effect,) = measured(checkpoint, posts, "missing_text").effects
    labels = np.array([post.label for post in posts])
    before = predict(checkpoint.detector, checkpoint.calibration, posts)
    bare = [replace(post, text="") if post.images else post for post in posts]
    after = predict(checkpoint.detector, checkpoint.calibration, bare)
    changes = []
    for weights in np.concatenate(list(resample_weights(cluster_posts(posts).index, 100, 0))):
        rows = np.repeat(np.arange(20), weights.astype(int))
        right = [np.mean((answers[rows] >= 0.45) == labels[rows]) for answers in (before, after)]
        changes.append(right[1] - right[0])
    interval = effect.all.shifts["accuracy"].interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(changes, [0.025, 0.975])))


def test_what_no_perturbation_touches_does_not_change(checkpoint: Checkpoint, posts: list[Post]) -> None:
    bare = [replace(post, images=()) for post in posts]
    judged: list[tuple[str, int]] = []
    found = measure_robustness(
        checkpoint,
        bare,
        only=["crop", "no_emoji"],
        resampling=FEW,
        advance=lambda name, done, total: judged.append((name, total)),
    )
    assert [name for name, _ in judged] == ["unchanged"]  # nothing was judged again
    for effect in found.effects:
        assert effect.touched is None
        assert all(shift.change == 0 for shift in effect.all.shifts.values())


def test_labels_do_not_reach_the_detector_and_order_changes_nothing(
    checkpoint: Checkpoint, posts: list[Post]
) -> None:
    names = ("typos", "swapped_picture", "jpeg_20")
    forth, back = measured(checkpoint, posts, *names), measured(checkpoint, posts[::-1], *names)
    for one, other in zip(forth.effects, back.effects, strict=True):
        for name, shift in one.all.shifts.items():
            assert shift.change == pytest.approx(other.all.shifts[name].change, abs=1e-6)


def test_a_picture_that_becomes_unreadable_is_an_error(
    checkpoint: Checkpoint, posts: list[Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(posts: Sequence[Post], seed: int) -> registry.Change:
        return lambda post: replace(post, images=tuple(b"broken" for _ in post.images))

    monkeypatch.setitem(registry._REGISTRY, "broken", Perturbation("broken", "", "redrawn", prepare))
    with pytest.raises(InputError, match=r"12 of \d+ posts cannot be read, and none may be left out"):
        measured(checkpoint, posts, "broken")


def test_posts_without_a_label_are_refused(checkpoint: Checkpoint, posts: list[Post]) -> None:
    with pytest.raises(InputError, match="have no label"):
        measured(checkpoint, [replace(post, label=None) for post in posts], "crop")


def test_one_class_has_no_change_of_its_ranking(checkpoint: Checkpoint, posts: list[Post]) -> None:
    (effect,) = measured(checkpoint, [post for post in posts if post.label], "darker").effects
    assert effect.all.shifts["auc"].change is None
    assert effect.all.shifts["accuracy"].change is not None


def test_tables(checkpoint: Checkpoint, posts: list[Post]) -> None:
    found = measured(checkpoint, posts, "upper_case", "swapped_picture", "missing_picture", "no_emoji")
    ordered = [effect.all.shifts["accuracy"].change for effect in found.by_harm()]
    assert ordered == sorted(ordered, key=lambda change: change or 0.0)
    text = markdown(found)
    assert "| `swapped_picture` (another post's pictures) | 12 |" in text
    assert "No post was altered by no_emoji." in text
    assert "`no_emoji`" not in text
    assert "Over the altered posts alone" in text
    assert len(rich_tables(found)) == 2
    assert "20 posts as they are: accuracy" in summary(found)[0]
    rows = list(csv.DictReader(io.StringIO(csv_rows(found))))
    assert len(rows) == 5 * (4 + 3)  # metrics, over all four and over the three that altered a post
    (row,) = [
        r
        for r in rows
        if (r["perturbation"], r["over"], r["metric"]) == ("swapped_picture", "altered", "accuracy")
    ]
    assert float(row["after"]) - float(row["before"]) == pytest.approx(float(row["change"]))
    json.dumps(found.as_dict(), allow_nan=False)


def test_samples_keep_the_order(posts: list[Post]) -> None:
    assert sampled(posts, None, 0) == sampled(posts, 99, 0) == posts
    some = sampled(posts, 7, 0)
    assert len(some) == 7
    assert [post for post in posts if post in some] == some == sampled(posts, 7, 0) != sampled(posts, 7, 1)


def test_examples_to_look_at(posts: list[Post], tmp_path: Path) -> None:
    write_examples(posts, ["flip", "upper_case"], tmp_path / "shown", 0)
    names = {path.name for path in (tmp_path / "shown").iterdir()}
    assert names == {f"flip-{n}-{state}.png" for n in (1, 2, 3) for state in ("before", "after")} | {
        "texts.txt"
    }
    text = (tmp_path / "shown" / "texts.txt").read_text(encoding="utf-8")
    assert "upper_case, post 0\n  the sea\n  THE SEA\n" in text
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write examples"):
        write_examples(posts, ["flip"], tmp_path / "file", 0)
