"""From which probability on a post is called a rumor, and how near to it nobody should trust the call.

Both are chosen on validation posts. **N** posts.
"""

from __future__ import annotations

import re
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rumorscope.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RULES = "f1, accuracy, recall:0.9 (any share), or a probability such as 0.5"


def choose_threshold(rule: str, labels: Integers, probabilities: Floats) -> float:
    """The threshold that `rule` asks for on (N,) labels (1 = rumor) and probabilities of both classes.

    "f1" has the best macro F1 and "accuracy" the best accuracy, of equals the one nearest to 0.5; "recall:R"
    is the highest that still finds the share R of the rumors; a number is itself. Raises InputError for
    another rule, or where the posts are all of one class.
    """
    if (number := _number(rule)) is not None:
        return number
    wanted = re.fullmatch(r"f1|accuracy|recall:(0?\.\d+|1|1\.0*)", rule)
    if wanted is None:
        raise InputError(f"threshold '{rule}' is no rule; use {RULES}")
    if len(np.unique(labels)) < 2:
        raise InputError("the posts are all of one class, which is no base for a threshold; give a number")
    candidates = _candidates(probabilities)
    if wanted[1] is not None:
        return _of_recall(float(wanted[1]), labels, probabilities, candidates)
    score = _accuracy_and_macro_f1(labels, probabilities, candidates)[0 if rule == "accuracy" else 1]
    best = np.flatnonzero(score >= score.max() - 1e-12)
    return float(candidates[min(best, key=lambda index: abs(candidates[index] - 0.5))])


def certainty(probabilities: Floats, threshold: float | Floats) -> Floats:
    """How far each probability is from the threshold, as a share of the room on its side: 0 to 1."""
    room = np.where(probabilities >= threshold, 1 - np.asarray(threshold), threshold)
    away = np.abs(probabilities - threshold)
    shares = np.divide(away, room, out=np.zeros_like(away), where=room > 0)
    return np.asarray(np.round(shares, 12))  # so that 0.2 and 0.8 are as far from 0.5


def needed_certainty(certainties: Floats, coverage: float) -> float:
    """What a post's certainty must reach so that the share `coverage` of the posts is answered."""
    ranked = np.sort(certainties)[::-1]
    return float(ranked[max(0, min(len(ranked), round(coverage * len(ranked))) - 1)])


def undecided_band(needed: float, threshold: float) -> tuple[float, float]:
    """The probabilities between which certainty falls short of what is needed."""
    return threshold * (1 - needed), threshold + needed * (1 - threshold)


def coverage_for(accuracy: float, right: NDArray[np.bool_], certainties: Floats) -> float:
    """The largest share of (N,) posts, the most certain first, whose calls are right so often.

    Raises InputError where no share is: then no band makes this detector that accurate.
    """
    order = np.argsort(-certainties, kind="stable")
    shares = right[order].cumsum() / np.arange(1, len(right) + 1)
    ends = np.append(np.diff(certainties[order]) != 0, True)  # posts of equal certainty go together
    enough = np.flatnonzero((shares >= accuracy - 1e-12) & ends)
    if not len(enough):
        raise InputError(
            f"no share of the {len(right)} validation posts, however certain, is called right at an accuracy "
            f"of {accuracy:g}; ask for less"
        )
    return float(enough[-1] + 1) / len(right)


def _number(rule: str) -> float | None:
    try:
        number = float(rule)
    except ValueError:
        return None
    if not 0 < number < 1:
        raise InputError(f"threshold {rule} is no probability between 0 and 1; use {RULES}")
    return number


def _candidates(probabilities: Floats) -> Floats:
    """Half-way between neighbours, and beyond both ends: every way to cut, and 0.5, the plain choice."""
    known = np.unique(probabilities)
    cuts = np.concatenate([[known[0] / 2], (known[1:] + known[:-1]) / 2, [(1 + known[-1]) / 2], [0.5]])
    return cast(Floats, np.unique(np.clip(cuts, 1e-6, 1 - 1e-6)))


def _of_recall(recall: float, labels: Integers, probabilities: Floats, candidates: Floats) -> float:
    rumors = np.sort(probabilities[labels == 1])
    found = 1 - np.searchsorted(rumors, candidates, side="left") / len(rumors)
    return float(candidates[found >= recall - 1e-12].max(initial=candidates[0]))


def _accuracy_and_macro_f1(
    labels: Integers, probabilities: Floats, candidates: Floats
) -> tuple[Floats, Floats]:
    rumors, others = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    missed = np.searchsorted(rumors, candidates, side="left")
    true_others = np.searchsorted(others, candidates, side="left")
    found, alarms = len(rumors) - missed, len(others) - true_others
    rumor_f1 = 2 * found / (2 * found + missed + alarms)
    other_f1 = 2 * true_others / (2 * true_others + missed + alarms)
    return (found + true_others) / len(labels), (rumor_f1 + other_f1) / 2
