"""The rules of the grade, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rumorscope.evaluation.audit.record import Kind, Lookup, Overlap, Trace
from rumorscope.evaluation.audit.verdict import judge
from rumorscope.evaluation.bootstrap import Interval

NOTHING: list[Overlap] = [
    Overlap("picture", "train", "test", 0, 1000, 0, ()),
    Overlap("event", "train", "test", 0, 1000, 0, ()),
]
TRACE = Trace("post id", "train to test", 1000, 0.5, 0.6, 0.5, 0.4, tells=False)


def lookup(name: Kind, gain: float, low: float | None, covered: float = 0.5) -> Lookup:
    interval = None if low is None else Interval(low, 1)
    return Lookup(name, covered, 0.576 + gain, interval, gain, interval)


def shared(kind: Kind, posts: int) -> Overlap:
    return Overlap(kind, "train", "test", posts, 1000, 1, ())


def test_a_lookup_that_surely_beats_the_majority_class() -> None:
    lookups = [
        lookup("text", 0.1, 0.05),
        lookup("picture", 0.418, 0.3, covered=0.991),
        lookup("event", 0.4, 0.1),
    ]
    assert judge(NOTHING, lookups, [], 0.576) == (
        "not trusted",
        "Do not trust this split: 99.1% of the test posts show a picture of the training posts, and looking "
        "it up scores 0.994 where the majority class scores 0.576.",
    )


@pytest.mark.parametrize(("gain", "low"), [(0.05, 0.01), (0.4, -0.01), (0.4, None)])
def test_a_small_or_an_uncertain_gain_is_no_leak(gain: float, low: float | None) -> None:
    assert judge(NOTHING, [lookup("picture", gain, low)], [], 0.576)[0] == "trusted"


def test_nothing_in_common() -> None:
    assert judge(NOTHING, [lookup("picture", 0, 0, covered=0)], [TRACE], 0.576) == (
        "trusted",
        "This split can be trusted: no test post has a picture, a text or an event in common with the "
        "training posts, and looking things up scores what the majority class scores, 0.576.",
    )


def test_little_in_common() -> None:
    grade, sentence = judge([*NOTHING, shared("text", 49)], [lookup("text", 0.004, 0)], [TRACE], 0.576)
    assert grade == "trusted"
    assert "at most 4.9% of the test posts repeat a text of the training posts" in sentence
    assert "the best look-up (by text) scores 0.580 where the majority class scores 0.576" in sentence


def test_much_in_common_asks_for_care() -> None:
    overlaps = [*NOTHING, shared("text", 50), shared("similar text", 103)]
    assert judge(overlaps, [lookup("similar text", 0.034, 0.01)], [], 0.576) == (
        "with care",
        "Trust this split with care: 10.3% of the test posts repeat a text of the training posts, or nearly; "
        "the best look-up (by similar text) scores 0.610 where the majority class scores 0.576.",
    )


def test_shared_users_and_validation_posts_ask_for_none() -> None:
    validation = replace(shared("picture", 900), later="validation")
    assert judge([*NOTHING, shared("user", 900), validation], [], [], 0.576)[0] == "trusted"


def test_what_gives_the_label_away_asks_for_care() -> None:
    told = replace(TRACE, accuracy=0.936, majority_accuracy=0.499, tells=True)
    grade, sentence = judge(NOTHING, [], [told], 0.499)
    assert grade == "with care"
    assert (
        "can be told from the post id alone with accuracy 0.936 where the majority class scores 0.499"
        in sentence
    )
    assert judge(NOTHING, [], [replace(told, accuracy=0.54)], 0.499)[0] == "trusted"


def test_unknown_events_and_labels_ask_for_care() -> None:
    assert judge(NOTHING[:1], [], [], 0.6)[1].startswith("Trust this split with care: events are not named")
    assert judge(NOTHING, [], [], None) == (
        "with care",
        "Trust this split with care: train or test has no labels, so no look-up can be scored.",
    )
