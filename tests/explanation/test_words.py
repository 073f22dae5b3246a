from __future__ import annotations

import pytest

from rumorscope.explanation import words
from rumorscope.explanation.words import absences, judgment, language, percent, place, points, reasons
from rumorscope.post import (
    Claim,
    Contribution,
    Evidence,
    FailureModes,
    Label,
    Post,
    Region,
    Triple,
    Verdict,
)

REGION = Region(0, (0, 0, 10, 10), 4, 0.5, 0.5, probability_without=0.2)


def verdict(
    probability: float = 0.8, evidence: Evidence | None = None, abstained: str | None = None
) -> Verdict:
    label = Label.RUMOR if probability >= 0.5 else Label.NON_RUMOR
    return Verdict("a", probability, label, "toy", "0", abstained, evidence)


def test_judgments() -> None:
    assert judgment(verdict(0.8)) == "Likely a rumor"
    assert judgment(verdict(0.2)) == "Likely no rumor"
    assert judgment(verdict(0.5, abstained="close")) == "Undecided"


def test_absences_in_order() -> None:
    evidence = Evidence((REGION,), contribution=Contribution(0.3, 0.9))
    found = absences(Post("a", "x", (b"", b"")), verdict(0.8, evidence))
    assert [(a.what, a.probability) for a in found] == [
        ("the text", 0.3),
        ("the pictures", 0.9),
        ("region 1", 0.2),
    ]
    assert [a.change for a in found] == pytest.approx([-0.5, 0.1, -0.6])
    assert absences(Post("a", "x"), verdict()) == []


def test_reasons_are_sentences() -> None:
    evidence = Evidence((REGION,), contribution=Contribution(0.3, 0.801))
    assert list(reasons(Post("a", "x", (b"",)), verdict(0.8, evidence))) == [
        "Without the text the probability falls from 80% to 30%.",
        "Without the picture the probability stays at 80%.",
        "Of all regions, region 1 matters most: without it the probability falls from 80% to 20%.",
    ]
    assert list(reasons(Post("a", "x"), verdict(0.8, Evidence()))) == [
        "The post has no picture: the verdict rests on its words alone."
    ]
    assert list(reasons(Post("a", " ", (b"",)), verdict(0.8, Evidence()))) == [
        "The post has no text: the verdict rests on its pictures alone."
    ]


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 30, 30), "upper left"),
        ((40, 40, 60, 60), "center"),
        ((70, 70, 100, 100), "lower right"),
        ((40, 0, 60, 20), "upper center"),
        ((0, 40, 20, 60), "middle left"),
        ((100, 100, 100, 100), "lower right"),
        ((0, 0, 100, 100), "the whole picture"),
        ((0, 0, 100, 90), "nearly the whole picture"),
    ],
)
def test_places(box: tuple[int, int, int, int], words: str) -> None:
    assert place(Region(0, box, 4, 0, 0), (100, 100)) == words
    wide = (box[0] * 3, box[1], box[2] * 3, box[3])
    assert place(Region(0, wide, 4, 0, 0), (300, 100)) == words


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("网传大桥垮塌", None, ("zh", "Chinese, by its script")),
        ("橋が落ちた", None, ("ja", "Japanese, by its script")),
        ("The sea rose", None, ("", "not stated")),
        ("whatever", "zh-Hans", ("zh-Hans", "Chinese")),
        ("whatever", "tlh", ("tlh", "tlh")),
    ],
)
def test_language(text: str, given: str | None, expected: tuple[str, str]) -> None:
    assert language(Post("a", text, language=given)) == expected


def test_numbers_for_people() -> None:
    assert [percent(p) for p in (0.0, 0.01, 0.456, 0.99, 0.999)] == ["<1%", "1%", "46%", "99%", ">99%"]
    assert [points(p) for p in (0.12, -0.12, 0.001, -0.001)] == ["+12", "−12", "±0", "±0"]


def told(**modes: float | None) -> Verdict:
    evidence = Evidence(failure_modes=FailureModes(**modes))
    return Verdict("a", 0.8, Label.RUMOR, "kecl", "0f", evidence=evidence)


def test_the_failure_mode_that_speaks_most_for_a_rumor() -> None:
    verdict = told(if_consistent=0.75, if_authentic=0.30, if_known=None)
    assert [mode.what for mode in words.failure_modes(verdict)] == [
        "picture and text agreed",
        "the picture bore no trace of manipulation",
    ]
    assert words.rests_on(verdict) == (
        "Of these, one speaks most for a rumor: if the picture bore no trace of manipulation, the "
        "probability falls from 80% to 30%."
    )


def test_where_no_failure_mode_speaks_for_a_rumor_that_is_said() -> None:
    assert "None of these" in (words.rests_on(told(if_consistent=0.9, if_known=0.8)) or "")
    assert words.rests_on(told()) is None


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (0.0, "as is known"),
        (0.3, "close to what is known"),
        (1.2, "other than what is known"),
        (None, "nothing is known of it"),
    ],
)
def test_a_deviation_in_words(distance: float | None, said: str) -> None:
    triple = Triple("shark", "AtLocation", "street")
    known = None if distance is None else Triple("shark", "AtLocation", "sea")
    assert words.deviation(Claim(triple, known, distance, 1.0)) == said
    assert words.sentence(triple) == "shark — at location — street"


def test_a_detector_that_checks_claims_does_not_say_that_it_looked_nothing_up() -> None:
    claim = Claim(Triple("shark", "AtLocation", "street"), None, None, 0.0)
    checked = Verdict("a", 0.8, Label.RUMOR, "kecl", "0f", evidence=Evidence(claims=(claim,)))
    assert "common knowledge" in words.caveats(checked)[0]
    assert words.caveats(told()) == words.CAVEATS
