"""Whether the split can be trusted, by fixed rules, in one sentence with the numbers that decide it.

- *not trusted*: a look-up scores more than `GAIN` (5 points of accuracy) above the majority class, and the
  95% interval of that gain lies above zero. A detector's score on such a split is memory in part.
- *with care*: no look-up does, but at least `SHARE` (5%) of the test posts have a picture, a text (or nearly)
  or an event in common with the training posts; or a surface that is no content tells the label, and scores
  more than `GAIN` above the majority class; or events are not named in both parts, so that shared ones cannot
  be ruled out; or there are no labels to score a look-up with.
- *trusted*: none of this. Shared users and overlapping times alone do not count against a split: they are as
  common where a detector is used.
- *no split*: there are no training posts or no test posts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rumorscope.evaluation.audit.record import Grade, Kind, Lookup, Overlap, Trace

GAIN = 0.05
SHARE = 0.05
_HAVE: dict[Kind, str] = {
    "picture": "show a picture of the training posts",
    "similar picture": "show a picture of the training posts, or nearly",
    "text": "repeat a text of the training posts",
    "similar text": "repeat a text of the training posts, or nearly",
    "event": "are about an event of the training posts",
    "user": "were written by a user of the training posts",
}


def judge(
    overlaps: Sequence[Overlap],
    lookups: Sequence[Lookup],
    traces: Sequence[Trace],
    majority_accuracy: float | None,
) -> tuple[Grade, str]:
    """The grade of a split with training and test posts, and the sentence."""
    shared = [found for found in overlaps if (found.earlier, found.later) == ("train", "test")]
    leaks = [lookup for lookup in lookups if is_leak(lookup)]
    if leaks:
        return "not trusted", _not_trusted(max(leaks, key=lambda lookup: lookup.gain), majority_accuracy)
    reasons = [*_reasons(shared, traces)]
    if majority_accuracy is None:
        reasons.append("train or test has no labels, so no look-up can be scored")
    if not any(found.kind == "event" for found in shared):
        reasons.append("events are not named in both parts, so that shared ones cannot be ruled out")
    if reasons:
        best = "" if majority_accuracy is None else f"; {_best(lookups, majority_accuracy)}"
        return "with care", f"Trust this split with care: {reasons[0]}{best}."
    assert majority_accuracy is not None
    return (
        "trusted",
        f"This split can be trusted: {_in_common(shared)}, and {_best(lookups, majority_accuracy)}.",
    )


def is_leak(lookup: Lookup) -> bool:
    """Whether a look-up is better than the majority class by more than a little, and more than by luck."""
    return lookup.gain > GAIN and lookup.gain_interval is not None and lookup.gain_interval.low > 0


def is_giveaway(trace: Trace) -> bool:
    """Whether a surface tells the label, and enough of it to matter."""
    return trace.tells and trace.accuracy - trace.majority_accuracy > GAIN


def _not_trusted(leak: Lookup, majority_accuracy: float | None) -> str:
    return (
        f"Do not trust this split: {leak.covered:.1%} of the test posts {_HAVE[leak.name]}, and looking "
        f"it up scores {leak.accuracy:.3f} where the majority class scores {majority_accuracy:.3f}."
    )


def _reasons(shared: Sequence[Overlap], traces: Sequence[Trace]) -> Iterator[str]:
    counted = [found for found in shared if found.kind != "user" and found.share >= SHARE]
    for found in sorted(counted, key=lambda found: -found.share):
        yield f"{found.share:.1%} of the test posts {_HAVE[found.kind]}"
    for told in sorted(filter(is_giveaway, traces), key=lambda told: told.majority_accuracy - told.accuracy):
        yield (
            f"the label can be told from the {told.name} alone with accuracy {told.accuracy:.3f} where the "
            f"majority class scores {told.majority_accuracy:.3f}"
        )


def _in_common(shared: Sequence[Overlap]) -> str:
    most = max((found for found in shared if found.kind != "user"), key=lambda found: found.share)
    if not most.posts:
        return "no test post has a picture, a text or an event in common with the training posts"
    return f"at most {most.share:.1%} of the test posts {_HAVE[most.kind]}"


def _best(lookups: Sequence[Lookup], majority_accuracy: float) -> str:
    found = [lookup for lookup in lookups if lookup.covered]
    if not found:
        return f"looking things up scores what the majority class scores, {majority_accuracy:.3f}"
    best = max(found, key=lambda lookup: lookup.accuracy)
    return (
        f"the best look-up (by {best.name}) scores {best.accuracy:.3f} where the majority class scores "
        f"{majority_accuracy:.3f}"
    )
