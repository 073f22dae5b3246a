"""Plain references: what they must get right, what they must not see, and their published figures."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rumorscope.data.adapters import Kept, adapter
from rumorscope.errors import InputError
from rumorscope.evaluation.assess import Resampling
from rumorscope.evaluation.baselines import (
    IMAGES,
    LOOKUP,
    MAJORITY,
    MEAN,
    TEXT,
    assess_baselines,
    baselines,
    chinese_share,
    load_image_tower,
    lookup_baseline,
)
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.metrics import measure
from rumorscope.evaluation.predictions import Predictions
from rumorscope.post import Label, Post
from tiny import tiny_picture, tiny_resnet

RED, BLUE = tiny_picture("red"), tiny_picture("blue")


def _posts(count: int, *, english: bool = True) -> list[Post]:
    """Every third post is a rumor: sharks over a red picture; the others tell of bridges over a blue one."""
    words = ("the bridge holds", "a shark in the street") if english else ("大桥完好", "街头出现鲨鱼")
    return [
        Post(str(n), f"{words[n % 3 == 0]} {n % 7}", (RED if n % 3 == 0 else BLUE,), Label(n % 3 == 0))
        for n in range(count)
    ]


@pytest.mark.parametrize("english", [True, False])
def test_text_that_tells_the_classes_apart(english: bool) -> None:
    train, test = _posts(30, english=english)[:21], _posts(30, english=english)[21:]
    answers = baselines(train, test)
    labels = np.array([post.label for post in test])
    assert list(answers) == [MAJORITY, LOOKUP, TEXT]
    assert measure(labels, answers[TEXT]).values["auc"] == 1
    assert answers[MAJORITY] == pytest.approx(1 / 3)


def test_pictures_that_tell_the_classes_apart(tmp_path: Path) -> None:
    posts = [replace(post, text="the same words") for post in _posts(24)]
    answers = baselines(
        posts, [*posts, Post("none", "the same words")], load_image_tower(str(tiny_resnet(tmp_path)))
    )
    labels = np.array([post.label for post in posts])
    assert measure(labels, answers[IMAGES][:-1]).values["auc"] == 1
    assert answers[IMAGES][-1] == pytest.approx(1 / 3)  # no picture: the training share of rumors
    assert answers[MEAN] == pytest.approx((answers[TEXT] + answers[IMAGES]) / 2)


def test_look_up_knows_only_pictures_it_has_seen() -> None:
    train = _posts(9)
    test = [Post("both", "", (RED, BLUE)), Post("red", "", (RED,)), Post("new", "", (tiny_picture("green"),))]
    both, red, new = baselines(train, test)[LOOKUP]
    assert (both, red) == (pytest.approx(1 / 3), 1.0)  # three rumors and six others show one of the two
    assert new == pytest.approx(1 / 3)  # the share in training


def test_a_picture_is_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rumorscope.evaluation.baselines as module

    read: list[bytes] = []
    original = module.read_picture
    monkeypatch.setattr(
        module, "read_picture", lambda source, size: read.append(source) or original(source, size)
    )
    posts = _posts(24)
    baselines(posts, posts, load_image_tower(str(tiny_resnet(tmp_path))))
    assert sorted(read) == sorted([RED, BLUE])


def test_the_labels_of_the_judged_posts_are_not_looked_at() -> None:
    train, test = _posts(21), _posts(9)
    hidden = [replace(post, label=None) for post in test]
    assert baselines(train, hidden)[TEXT].tolist() == baselines(train, test)[TEXT].tolist()


def test_one_class_or_no_words_to_learn_from() -> None:
    with pytest.raises(InputError, match="all of one class"):
        baselines([post for post in _posts(9) if post.label is Label.RUMOR], _posts(3))
    with pytest.raises(InputError, match="share no words"):
        baselines([replace(post, text="") for post in _posts(9)], _posts(3))


def test_the_share_of_chinese() -> None:
    assert chinese_share(["a鲨b鱼", "123 ?!"]) == 0.5
    assert chinese_share(["", "12"]) == 0


def test_judged_on_the_clusters_of_the_posts() -> None:
    train, test = _posts(21), _posts(30)
    found = assess_baselines(train, test, cluster_posts(test), Resampling(resamples=100))
    assert [assessment.name for assessment in found] == [MAJORITY, LOOKUP, TEXT]
    assert found[0].metrics["auc"].value == 0.5
    assert found[0].metrics["accuracy"].value == pytest.approx(20 / 30)


@pytest.mark.parametrize(("split", "accuracy"), [("official", 0.576), ("random", 0.994)])
def test_look_up_shows_how_a_random_split_leaks(real_data: Path, split: str, accuracy: float) -> None:
    """No model at all: nearly perfect on a random split, the majority class on the official one."""
    rows = [
        r for r in adapter("twitter-mediaeval")(real_data / "twitter_mediaeval2016") if isinstance(r, Kept)
    ]
    train, test = ([row.post for row in rows if row.split == name] for name in ("train", "test"))
    if split == "random":
        posts = [row.post for row in rows]
        random.Random(0).shuffle(posts)
        train, test = posts[len(posts) // 5 :], posts[: len(posts) // 5]
    labels = np.array([post.label for post in train])
    found = Predictions.of(test, lookup_baseline(train, labels, test))
    assert measure(found.labels, found.probabilities).values["accuracy"] == pytest.approx(accuracy, abs=0.003)


@pytest.mark.parametrize(
    ("name", "folder", "accuracy", "macro_f1"),
    [
        ("twitter-mediaeval", "twitter_mediaeval2016", 0.673, 0.672),
        ("pheme", "pheme_text", 0.870, 0.843),
        ("weibo-ced", "weibo_ced_text", 0.885, None),
    ],
)
def test_text_reference_on_real_data(
    real_data: Path, name: str, folder: str, accuracy: float, macro_f1: float | None
) -> None:
    """The figures that were measured on the published splits before this software was written."""
    rows = [row for row in adapter(name)(real_data / folder) if isinstance(row, Kept)]
    train, test = ([row.post for row in rows if row.split == split] for split in ("train", "test"))
    found = Predictions.of(test, baselines(train, test)[TEXT])
    values = measure(found.labels, found.probabilities).values
    assert values["accuracy"] == pytest.approx(accuracy, abs=0.01)
    if macro_f1 is not None:
        assert values["macro_f1"] == pytest.approx(macro_f1, abs=0.01)
