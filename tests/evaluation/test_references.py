"""Plain references: what they must not see, and their published figures."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.fitting import sharks
from rumorscope.data.adapters import Kept, adapter
from rumorscope.errors import InputError
from rumorscope.evaluation.assess import Resampling
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.metrics import measure
from rumorscope.evaluation.predictions import Predictions
from rumorscope.evaluation.references import WITHOUT_TOWERS, answer, assess_references, references
from rumorscope.post import Label
from tiny import tiny_resnet


def test_judged_on_the_clusters_of_the_posts(tmp_path: Path) -> None:
    train, test, tower = sharks(21), sharks(30), str(tiny_resnet(tmp_path))
    found = assess_references(train, test, cluster_posts(test), Resampling(resamples=100), tower)
    assert [assessment.name for assessment in found] == list(references(tower))
    assert list(references(tower))[:3] == list(WITHOUT_TOWERS)
    by_name = {assessment.name: assessment.metrics for assessment in found}
    assert by_name["majority class"]["auc"].value == 0.5
    assert by_name["majority class"]["accuracy"].value == pytest.approx(20 / 30)
    assert by_name["picture look-up"]["accuracy"].value == 1
    assert by_name["text TF-IDF"]["auc"].value == 1
    assert by_name["image features"]["auc"].value == 1


def test_the_labels_of_the_judged_posts_are_not_looked_at() -> None:
    train, test = sharks(21), sharks(9)
    for name, _ in WITHOUT_TOWERS.values():
        hidden = [replace(post, label=None) for post in test]
        assert answer(name, train, hidden).tolist() == answer(name, train, test).tolist()


def test_training_posts_that_cannot_serve() -> None:
    rumors = [post for post in sharks(9) if post.label is Label.RUMOR]
    with pytest.raises(InputError, match="all of one class"):
        assess_references(rumors, sharks(9), cluster_posts(sharks(9)), Resampling(resamples=100))
    with pytest.raises(InputError, match="without a label"):
        answer("tfidf", [replace(post, label=None) for post in sharks(9)], sharks(3))


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
    found = Predictions.of(test, answer("lookup", train, test))
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
    found = Predictions.of(test, answer("tfidf", train, test))
    values = measure(found.labels, found.probabilities).values
    assert values["accuracy"] == pytest.approx(accuracy, abs=0.01)
    if macro_f1 is not None:
        assert values["macro_f1"] == pytest.approx(macro_f1, abs=0.01)
