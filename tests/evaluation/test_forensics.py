"""Measuring what finds manipulation: known answers, baselines that see how files were saved, intervals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from forensics.made import Finder, forgery_set
from rumorscope.data.images import read_mask
from rumorscope.data.manifest import load_manifest
from rumorscope.encoders.preprocess import Preprocess
from rumorscope.errors import InputError
from rumorscope.evaluation.forensic_baselines import Answers, baselines, tampered
from rumorscope.evaluation.forensics import find_manipulation, known_pictures, measure_forensics, resaved
from rumorscope.evaluation.openings import open_test
from rumorscope.post import Manipulation, Post
from rumorscope.training.calibration import Calibration
from rumorscope.training.checkpoint import Checkpoint
from training.toy import Toy, ToyConfig


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forgery_set(tmp_path_factory.mktemp("set") / "data", groups=8)


@pytest.fixture
def posts(folder: Path) -> list[Post]:
    return open_test(None, load_manifest(folder)).posts


@pytest.fixture
def train(folder: Path) -> list[Post]:
    return load_manifest(folder).split("train")


def checkpoint(detector: Toy, folder: Path) -> Checkpoint:
    return Checkpoint(detector.eval(), "finder", ToyConfig(), Calibration(), {}, "abc", folder)


def masks(posts: list[Post]) -> list[np.ndarray]:
    """As maps; nothing is marked in authentic pictures."""
    known = [post.manipulation for post in posts]
    return [read_mask(k.mask).astype(float) if k is not None and k.mask else np.zeros((2, 2)) for k in known]


def test_perfect_answers_and_their_opposite(posts: list[Post]) -> None:
    labels = tampered(posts).astype(float)
    perfect = Answers("perfect", labels, masks(posts))
    wrong = Answers("wrong", -labels, [1 - mask for mask in masks(posts)])
    report = measure_forensics(posts, [perfect, wrong], resamples=100)
    assert (report.pictures, report.tampered, report.located, report.groups) == (8, 4, 4, 4)
    assert (report.whole["perfect"].value, report.whole["wrong"].value) == (1, 0)
    assert {name: found.value for name, found in report.places["perfect"].items()} == {
        "auc": 1, "best_f1": 1, "f1": 1, "iou": 1,
    }  # fmt: skip
    assert report.places["wrong"]["auc"].value == report.places["wrong"]["f1"].value == 0
    interval = report.whole["perfect"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (1, 1)


def test_intervals_are_drawn_by_groups_of_sources(posts: list[Post]) -> None:
    """A map that is right in one group of four: the mean of resamples of whole groups has known spread."""
    none = np.zeros((2, 2))
    rows = zip(posts, masks(posts), strict=True)
    right = [mask if post.event == "source 4" else none for post, mask in rows]
    report = measure_forensics(posts, [Answers("once", maps=right)], resamples=4000)
    found = report.places["once"]["iou"]
    assert found.value == 0.25
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (0, 0.75)  # 2.5% and 97.5% of Binomial(4, 1/4) / 4
    single = [replace(post, event="one") for post in posts]
    alone = measure_forensics(single, [Answers("once", maps=right)], resamples=100)
    assert alone.places["once"]["iou"].interval is None


def test_the_look_up_of_tables_finds_how_a_set_was_saved(train: list[Post], posts: list[Post]) -> None:
    answers = {found.name: found for found in baselines(train, posts)}
    report = measure_forensics(posts, list(answers.values()), resamples=100)
    assert report.whole["JPEG-table look-up"].value == 1
    again = measure_forensics(
        resaved(posts, 90), baselines(resaved(train, 90), resaved(posts, 90)), resamples=100
    )
    assert again.whole["JPEG-table look-up"].value == 0.5
    assert set(report.places) == {"error level", "middle of the picture", "whole picture", "chance"}
    assert report.places["whole picture"]["iou"].value == pytest.approx(0.25)
    assert report.places["whole picture"]["auc"].value == 0.5


def test_what_learns_nothing_is_left_without_training_pictures(train: list[Post], posts: list[Post]) -> None:
    authentic = [post for post in train if post.manipulation and not post.manipulation.tampered]
    for lesson in ([], authentic):
        assert all(found.scores is None for found in baselines(lesson, posts))
    first, second = (baselines([], posts, seed=3)[-1].maps for _ in range(2))
    assert first is not None
    assert second is not None
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_detector_that_finds_them(posts: list[Post], tmp_path: Path) -> None:
    found = find_manipulation(checkpoint(Finder(ToyConfig()), tmp_path), posts, batch_size=3)
    report = measure_forensics(posts, [found], resamples=100)
    assert report.whole["finder"].value == 1
    assert (report.places["finder"]["f1"].value or 0) > 0.9
    other = find_manipulation(checkpoint(Finder(ToyConfig()), tmp_path), posts)
    assert found.scores == pytest.approx(other.scores)


def test_a_detector_is_shown_no_answer(
    posts: list[Post], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Post] = []
    prepare = Preprocess.prepare
    monkeypatch.setattr(Preprocess, "prepare", lambda self, post: shown.append(post) or prepare(self, post))
    find_manipulation(checkpoint(Finder(ToyConfig()), tmp_path), posts)
    assert len(shown) == len(posts)
    assert {(post.manipulation, post.event, post.label) for post in shown} == {(None, None, None)}


def test_a_detector_that_does_not_look_for_it_is_refused(posts: list[Post], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finder does not look for manipulation"):
        find_manipulation(checkpoint(Toy(ToyConfig()), tmp_path), posts)


def test_only_pictures_of_which_it_is_known_count() -> None:
    known = Manipulation(tampered=False)
    one = Post("one", "", (b"x",), manipulation=known)
    several = Post("two", "", (b"x", b"y"), manipulation=known)
    assert known_pictures([one, Post("unknown", "", (b"x",)), several]) == [one]


def test_pictures_of_one_kind_measure_nothing(posts: list[Post]) -> None:
    authentic = [post for post in posts if post.manipulation and not post.manipulation.tampered]
    with pytest.raises(InputError, match="all are of one kind"):
        measure_forensics(authentic, [])


def test_resaving_keeps_the_picture_and_changes_its_file(posts: list[Post]) -> None:
    again = resaved(posts[:1], 50)
    assert again[0].manipulation == posts[0].manipulation
    assert isinstance(again[0].images[0], bytes)
    assert torch.is_tensor(Finder(ToyConfig()).preprocess(again).pixels)
