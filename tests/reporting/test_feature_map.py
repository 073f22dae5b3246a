from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from reporting.fabricated import comparison, write_features
from rumorscope.reporting.feature_map import feature_figures, project


def test_groups_that_lie_apart_stay_apart_and_the_map_is_the_same_again() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(60, 8)) + 20 * (np.arange(60) % 2)[:, None]
    places = project(features)
    np.testing.assert_array_equal(places, project(features))
    first, second = places[::2], places[1::2]
    apart = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert apart > 2 * max(part.std() for part in (first, second))


def test_a_constant_feature_is_no_trouble() -> None:
    assert np.isfinite(project(np.ones((12, 3)) * np.arange(12)[:, None] * [1, 0, 1])).all()


def test_every_post_is_drawn_once_by_class_and_correctness(tmp_path: Path) -> None:
    results = comparison(rows={"micc": 1.0}, data=("twitter",), features=write_features(tmp_path / "f", 120))
    [figure] = feature_figures("data-1", results, "twitter")
    marks = re.findall(r'class="mark (\S+) (\S+)" d="([^"]*)"', figure.svg)
    drawn = {(kind, correct): path.count("M") for kind, correct, path in marks}
    first = results.pooled("micc", "twitter")
    right = first.called[0] == (first.labels == 1)
    for kind, inside in (("rumor", first.labels == 1), ("non-rumor", first.labels == 0)):
        assert drawn[kind, "right"] == (inside & right).sum()
        assert drawn[kind, "wrong"] == (inside & ~right).sum()
    assert f"{drawn['rumor', 'right']} rumors found" in figure.label


@pytest.mark.parametrize("posts", [119, 121])
def test_features_of_other_posts_are_not_drawn(posts: int, tmp_path: Path) -> None:
    results = comparison(
        rows={"micc": 1.0}, data=("twitter",), features=write_features(tmp_path / "f", posts)
    )
    assert feature_figures("data-1", results, "twitter") == []


def test_without_features_there_is_no_map() -> None:
    results = comparison(rows={"micc": 1.0}, data=("twitter",))
    assert feature_figures("data-1", results, "twitter") == []
