from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from rumorscope.errors import InputError
from rumorscope.training.thresholds import certainty, choose_threshold, coverage_for, needed_certainty

LABELS = np.array([0, 0, 0, 1, 0, 1, 1, 1])
ANSWERS = np.array([0.1, 0.2, 0.2, 0.3, 0.35, 0.4, 0.6, 0.9])


def test_known_answers() -> None:
    assert choose_threshold("accuracy", LABELS, ANSWERS) == pytest.approx(0.375)  # one error; so has 0.25
    assert choose_threshold("recall:1", LABELS, ANSWERS) == pytest.approx(0.25)
    assert choose_threshold("recall:0.5", LABELS, ANSWERS) == pytest.approx(0.5)
    assert choose_threshold("0.3", LABELS, ANSWERS) == 0.3


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_a_search(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = (generator.random(40) < 0.3).astype(np.int64)
    labels[:2] = 0, 1
    answers = generator.integers(1, 21, 40) / 20
    grid = np.arange(0.0125, 1, 0.025)

    def best(score: object) -> float:
        return max(score(labels, answers >= cut) for cut in grid)  # type: ignore[operator]  # any score

    def macro(truth: np.ndarray, called: np.ndarray) -> float:
        return float(f1_score(truth, called, average="macro", zero_division=0))

    chosen = choose_threshold("f1", labels, answers)
    assert macro(labels, answers >= chosen) == pytest.approx(best(macro))
    chosen = choose_threshold("accuracy", labels, answers)
    assert accuracy_score(labels, answers >= chosen) == pytest.approx(best(accuracy_score))
    chosen = choose_threshold("recall:0.8", labels, answers)
    assert recall_score(labels, answers >= chosen) >= 0.8
    higher = grid[grid > chosen + 0.026]
    assert all(recall_score(labels, answers >= cut) < 0.8 for cut in higher)


def test_of_equal_thresholds_the_plain_one() -> None:
    assert choose_threshold("f1", np.array([0, 1]), np.array([0.05, 0.9])) == 0.5


@pytest.mark.parametrize("rule", ["best", "recall:2", "recall:", "1.5", "0"])
def test_a_rule_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(InputError, match=r"recall:0\.9"):
        choose_threshold(rule, LABELS, ANSWERS)


def test_one_class_is_no_base() -> None:
    with pytest.raises(InputError, match="one class"):
        choose_threshold("f1", np.ones(3, dtype=np.int64), np.array([0.1, 0.2, 0.3]))


def test_certainty_is_the_share_of_the_room_on_its_side() -> None:
    found = certainty(np.array([0.0, 0.1, 0.2, 0.6, 1.0]), 0.2)
    assert found == pytest.approx([1, 0.5, 0, 0.5, 1])


def test_needed_certainty_answers_the_share() -> None:
    sure = np.array([0.1, 0.9, 0.5, 0.7])
    assert needed_certainty(sure, 0.5) == 0.7
    assert needed_certainty(sure, 1) == 0.1
    assert needed_certainty(sure, 0.01) == 0.9


def test_coverage_for_an_accuracy() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.7, 0.1])
    right = np.array([True, True, False, True, False])
    assert coverage_for(0.9, right, sure) == 0.4
    assert coverage_for(0.75, right, sure) == 0.8  # the two at 0.7 go together
    assert coverage_for(0.6, right, sure) == 1.0
    with pytest.raises(InputError, match="ask for less"):
        coverage_for(0.9, ~right, sure)
