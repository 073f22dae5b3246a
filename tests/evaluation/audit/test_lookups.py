"""Look-ups in closed form, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from rumorscope.evaluation.audit.lookups import majority_class, rumor_shares, score_lookups
from rumorscope.evaluation.audit.things import Things
from rumorscope.evaluation.bootstrap import bootstrap_intervals
from rumorscope.post import Label, Post


def posts(*labels: int) -> tuple[Post, ...]:
    return tuple(Post(str(row), "", label=Label(label)) for row, label in enumerate(labels))


def things(*keys: str) -> Things:
    return Things("event", tuple(tuple(key) for key in keys), {key: key for key in "".join(keys)})


def test_shares_count_a_training_post_once_for_each_thing_in_common() -> None:
    kind = things("ab", "a", "b", "", "ab", "b", "c", "")
    shares = rumor_shares(kind, posts(1, 0, 0, 1, 0, 0, 0, 0), range(4), range(4, 8))
    assert shares == pytest.approx([2 / 4, 1 / 2, np.nan, np.nan], nan_ok=True)


def test_a_half_known_test_set_in_closed_form() -> None:
    """Train: event a is rumors, b is not; the majority is rumors. Of 8 test posts, 4 find their event."""
    train, test = (1, 1, 1, 0), (0, 0, 1, 1, 0, 0, 0, 1)
    kind = things(*"aacb", *"bbaa", "", "", "", "")
    (found,) = score_lookups([kind], posts(*train, *test), range(4), range(4, 12), np.arange(8))
    assert found.covered == 0.5
    assert found.accuracy == (4 + 1) / 8  # those that find nothing are called rumors
    assert found.gain == pytest.approx(5 / 8 - 3 / 8)


def test_the_interval_is_that_of_the_metrics() -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(2, size=90)
    kind = things(*generator.choice(list("abcdefgh"), size=90))
    clusters = generator.integers(12, size=60)
    train, test = range(30), range(30, 90)
    (found,) = score_lookups([kind], posts(*labels), train, test, clusters)
    shares = rumor_shares(kind, posts(*labels), train, test)
    answers = np.where(np.isnan(shares), float(majority_class(labels[:30])), shares)
    assert found.interval == bootstrap_intervals(labels[30:], answers, clusters)["accuracy"]


def test_a_lookup_that_finds_nothing_is_the_majority_class_and_gains_nothing() -> None:
    kind = things("a", "b", "c", "d")
    (found,) = score_lookups([kind], posts(1, 0, 1, 0), range(2), range(2, 4), np.arange(2))
    assert (found.covered, found.accuracy, found.gain) == (0, 0.5, 0)
    assert found.gain_interval is not None
    assert (found.gain_interval.low, found.gain_interval.high) == (0, 0)


def test_a_single_cluster_has_no_interval() -> None:
    kind = things("a", "b", "a", "b")
    (found,) = score_lookups([kind], posts(1, 0, 1, 0), range(2), range(2, 4), np.zeros(2, dtype=np.int64))
    assert (found.accuracy, found.interval, found.gain_interval) == (1, None, None)


@pytest.mark.parametrize("keys", [("a", "", "a", "a"), ("a", "b", "", ""), ("", "", "", "")])
def test_what_only_one_class_has_is_not_looked_up(keys: tuple[str, ...]) -> None:
    assert score_lookups([things(*keys)], posts(1, 0, 1, 0), range(2), range(2, 4), np.arange(2)) == []
