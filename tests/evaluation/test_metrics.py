"""Metrics: hand-counted cases, slow references, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rumorscope.evaluation.metrics import (
    METRICS,
    Confusion,
    Floats,
    Integers,
    bin_index,
    confusion,
    expected_calibration_error,
    measure,
    reliability,
)


def _labels(*values: int) -> Integers:
    return np.array(values, dtype=np.int64)


def _probabilities(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


LABELS = _labels(1, 1, 1, 0, 0, 0)
PREDICTORS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 20).map(lambda number: number / 20)), min_size=1, max_size=40
)


def _unzip(pairs: list[tuple[int, float]]) -> tuple[Integers, Floats]:
    labels, probabilities = zip(*pairs, strict=True)
    return _labels(*labels), _probabilities(*probabilities)


def test_a_perfect_predictor() -> None:
    values = measure(LABELS, LABELS.astype(float)).values
    errors = {"brier", "expected_calibration_error"}
    assert values == {name: 0.0 if name in errors else 1.0 for name in METRICS}


def test_an_inverted_predictor() -> None:
    values = dict(measure(LABELS, 1.0 - LABELS).values)
    assert values.pop("average_precision") == 0.5  # all three tie for last: found at precision 3/6
    errors = {"brier", "expected_calibration_error"}
    assert values == {name: 1.0 if name in errors else 0.0 for name in values}


def test_a_constant_predictor_ranks_at_chance() -> None:
    labels = _labels(1, 1, 1, 0)
    values = measure(labels, np.full(4, 0.75)).values
    assert values["accuracy"] == 0.75
    assert values["auc"] == 0.5
    assert values["average_precision"] == 0.75  # the share of rumors
    assert values["expected_calibration_error"] == 0
    assert values["brier"] == pytest.approx(0.75 * 0.25)
    assert values["rumor_f1"] == pytest.approx(2 * 0.75 / 1.75)
    assert values["non_rumor_precision"] == values["non_rumor_f1"] == 0  # never predicted
    assert values["macro_recall"] == 0.5


def test_two_by_two_by_hand() -> None:
    labels = _labels(*[1] * 5, *[0] * 5)
    probabilities = _probabilities(*[0.9] * 4, 0.1, *[0.9] * 2, *[0.1] * 3)
    assert confusion(labels, probabilities) == Confusion(4, 1, 2, 3)
    values = measure(labels, probabilities).values
    assert values["accuracy"] == pytest.approx(7 / 10)
    assert values["rumor_precision"] == pytest.approx(4 / 6)
    assert values["rumor_recall"] == pytest.approx(4 / 5)
    assert values["rumor_f1"] == pytest.approx(8 / 11)
    assert values["non_rumor_precision"] == pytest.approx(3 / 4)
    assert values["non_rumor_recall"] == pytest.approx(3 / 5)
    assert values["non_rumor_f1"] == pytest.approx(6 / 9)
    assert values["macro_f1"] == pytest.approx((8 / 11 + 6 / 9) / 2)
    assert values["macro_precision"] == pytest.approx((4 / 6 + 3 / 4) / 2)


def test_the_threshold_is_itself_a_rumor() -> None:
    assert confusion(_labels(1, 0), _probabilities(0.3, 0.29), threshold=0.3) == Confusion(1, 0, 0, 1)


@settings(deadline=None, max_examples=50)
@given(PREDICTORS)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, float]]) -> None:
    labels, probabilities = _unzip(pairs)
    contests = [
        (rumor > other) + (rumor == other) / 2
        for rumor in probabilities[labels == 1]
        for other in probabilities[labels == 0]
    ]
    measured = measure(labels, probabilities)
    if contests:
        assert measured.values["auc"] == pytest.approx(np.mean(contests))
    else:
        assert "auc" not in measured.values


@settings(deadline=None, max_examples=50)
@given(PREDICTORS)
def test_a_monotone_change_of_scores_keeps_the_ranking_metrics(pairs: list[tuple[int, float]]) -> None:
    labels, probabilities = _unzip(pairs)
    before, after = measure(labels, probabilities).values, measure(labels, probabilities**3 / 2).values
    assert before.get("auc") == pytest.approx(after.get("auc"))
    assert before.get("average_precision") == pytest.approx(after.get("average_precision"))


@settings(deadline=None, max_examples=50)
@given(PREDICTORS, st.randoms(use_true_random=False))
def test_the_order_of_the_posts_does_not_matter(pairs: list[tuple[int, float]], random) -> None:  # type: ignore[no-untyped-def]  # hypothesis' own type
    shuffled = random.sample(pairs, len(pairs))
    assert measure(*_unzip(shuffled)).values == pytest.approx(dict(measure(*_unzip(pairs)).values))


@settings(deadline=None, max_examples=50)
@given(PREDICTORS)
def test_swapping_the_classes_swaps_their_scores(pairs: list[tuple[int, float]]) -> None:
    labels, probabilities = _unzip([pair for pair in pairs if pair[1] != 0.5] or [(1, 0.7)])
    values, swapped = measure(labels, probabilities).values, measure(1 - labels, 1 - probabilities).values
    for name in ("precision", "recall", "f1"):
        assert values.get(f"rumor_{name}") == pytest.approx(swapped.get(f"non_rumor_{name}"))
    for name in ("accuracy", "macro_f1", "auc", "brier"):
        assert values.get(name) == pytest.approx(swapped.get(name))


@pytest.mark.parametrize(("label", "word"), [(0, "non-rumor"), (1, "rumor")])
def test_one_class_leaves_no_ranking_and_says_why(label: int, word: str) -> None:
    measured = measure(_labels(label, label), _probabilities(0.2, 0.6))
    assert measured.values["accuracy"] == 0.5
    assert "auc" not in measured.values
    assert measured.undefined["auc"] == measured.undefined["macro_f1"] == f"every post is a {word}"
    assert set(measured.values) | set(measured.undefined) == set(METRICS)


def test_calibration_error_by_hand() -> None:
    # Bin [0.2, 0.3) holds 0.2 and 0.25 with one rumor, bin [0.9, 1] holds 0.9, 1 and 1 with two.
    labels = _labels(0, 1, 1, 1, 0)
    probabilities = _probabilities(0.2, 0.25, 0.9, 1.0, 1.0)
    expected = 2 / 5 * 0.275 + 3 / 5 * (29 / 30 - 2 / 3)
    assert expected_calibration_error(labels, probabilities) == pytest.approx(expected)


def test_reliability_bins_hold_every_post_once() -> None:
    probabilities = np.linspace(0, 1, 101)
    table = reliability(np.ones(101, dtype=np.int64), probabilities)
    assert [row.posts for row in table] == [10] * 9 + [11]  # 1 joins the last bin
    assert table[3].mean_probability == pytest.approx(np.mean([0.30 + step / 100 for step in range(10)]))
    assert (table[0].low, table[-1].high) == (0, 1)


def test_an_edge_opens_its_bin() -> None:
    assert bin_index(_probabilities(0.0, 0.1, 0.3, 0.7, 1.0)).tolist() == [0, 1, 3, 7, 9]


def test_an_empty_bin_has_no_shares() -> None:
    assert reliability(_labels(1), _probabilities(0.95))[0].mean_probability is None
