"""A verdict in plain English, the same on the page and on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rumorscope.post import Claim, Label, ManipulationMap, Post, Region, Triple, Verdict

_RESEMBLES = "The number says how much the post resembles the rumors that the detector learned from."
CAVEATS = (
    f"{_RESEMBLES} It has not looked up a single fact.",
    "On events that it has never seen, a detector is wrong far more often than on those that it knows.",
    "Take it as a reason to look closer, never as a proof. A person decides.",
)

_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "center", "right")
_SAME, _CLOSE = 0.05, 0.6  # of a claim's deviation, 0 to 2: equal words, and a cosine of 0.82
_HAN, _KANA = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\u3040-\u30ff]")
_LANGUAGES = {"en": "English", "zh": "Chinese", "ja": "Japanese", "es": "Spanish", "fr": "French",
              "de": "German", "pt": "Portuguese", "ru": "Russian", "ar": "Arabic"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Absence:
    """The rumor probability once something is taken away."""

    what: str  # "the text", "the picture", "region 1"
    probability: float
    change: float  # probability minus the verdict's own


def judgment(verdict: Verdict) -> str:
    """The verdict in a few words."""
    if verdict.abstained is not None:
        return "Undecided"
    return "Likely a rumor" if verdict.label is Label.RUMOR else "Likely no rumor"


def absences(post: Post, verdict: Verdict) -> list[Absence]:
    """What was taken away: text, pictures, then each region, in the evidence's order."""
    if verdict.evidence is None or verdict.rumor_probability is None:
        return []
    contribution = verdict.evidence.contribution
    pictures = "the picture" if len(post.images) == 1 else "the pictures"
    measured = [("the text", contribution.without_text), (pictures, contribution.without_images)]
    regions = enumerate(verdict.evidence.regions, start=1)
    measured += [(f"region {number}", region.probability_without) for number, region in regions]
    return [
        Absence(what, probability, probability - verdict.rumor_probability)
        for what, probability in measured
        if probability is not None
    ]


def caveats(verdict: Verdict) -> tuple[str, ...]:
    """What the number means and does not mean."""
    if verdict.evidence is None or not verdict.evidence.claims:
        return CAVEATS
    known = (
        "It has compared claims with common knowledge, such as that sharks live in the sea; what happened "
        "it did not look up."
    )
    return (f"{_RESEMBLES} {known}", *CAVEATS[1:])


def failure_modes(verdict: Verdict) -> list[Absence]:
    """What the probability becomes once each way of going wrong is ruled out."""
    if verdict.evidence is None or verdict.rumor_probability is None:
        return []
    modes = verdict.evidence.failure_modes
    measured = [
        ("picture and text agreed", modes.if_consistent),
        ("the picture bore no trace of manipulation", modes.if_authentic),
        ("its claims were just what is known", modes.if_known),
    ]
    return [
        Absence(what, probability, probability - verdict.rumor_probability)
        for what, probability in measured
        if probability is not None
    ]


def rests_on(verdict: Verdict) -> str | None:
    """Which way of going wrong speaks most for a rumor; None where no detector has told them apart."""
    modes = failure_modes(verdict)
    if not modes:
        return None
    most = min(modes, key=lambda mode: mode.change)
    if round(100 * most.change) >= 0:
        return "None of these ways of going wrong makes the post look more like a rumor."
    return f"Of these, one speaks most for a rumor: if {most.what}, {_would(most, verdict)}."


def deviation(claim: Claim) -> str:
    """How far a claim is from what is known, in words."""
    if claim.known is None or claim.deviation is None:
        return "nothing is known of it"
    if claim.deviation < _SAME:
        return "as is known"
    return "close to what is known" if claim.deviation < _CLOSE else "other than what is known"


def sentence(triple: Triple) -> str:
    """A triple as people read it: the relation's name taken apart."""
    relation = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", triple.relation).lower()
    return f"{triple.head} — {relation} — {triple.tail}"


def reasons(post: Post, verdict: Verdict) -> Iterator[str]:
    """What the verdict rests on, a sentence each."""
    measured = absences(post, verdict)
    for absence in measured:
        if not absence.what.startswith("region"):
            yield f"Without {absence.what} {_would(absence, verdict)}."
    if not post.images:
        yield "The post has no picture: the verdict rests on its words alone."
    elif not post.text.strip():
        yield "The post has no text: the verdict rests on its pictures alone."
    regions = [absence for absence in measured if absence.what.startswith("region")]
    if regions:
        most = max(regions, key=lambda absence: abs(absence.change))
        yield f"Of all regions, {most.what} matters most: without it {_would(most, verdict)}."


def faithfulness(verdict: Verdict) -> str | None:
    """How far the shown regions can be trusted; None where none are shown."""
    evidence = verdict.evidence
    if evidence is None or not (evidence.regions or evidence.relevance):
        return None
    return evidence.faithfulness or (
        "Whether these regions are what the answer rests on was not measured for this detector; "
        "`rumorscope faithfulness` does it."
    )


def manipulation(found: ManipulationMap) -> str:
    """What the detector says of whether a picture was altered, and what it cannot know."""
    return (
        f"The detector takes the picture for altered with a probability of {percent(found.probability)}. "
        "It learned from regions pasted into pictures: of pictures that a model generated it knows nothing, "
        "and a platform that saves a picture anew removes most of what it looks for."
    )


def place(region: Region, size: tuple[int, int]) -> str:
    """Where a region lies in a picture of that width and height: "upper left", "center"."""
    left, top, right, bottom = region.box_pixels
    width, height = size
    if (left, top, right, bottom) == (0, 0, width, height):
        return "the whole picture"
    if (right - left) * (bottom - top) >= 0.8 * width * height:
        return "nearly the whole picture"
    row = _ROWS[min(2, int(3 * (top + bottom) / 2 / height))]
    column = _COLUMNS[min(2, int(3 * (left + right) / 2 / width))]
    if (row, column) == ("middle", "center"):
        return "center"
    return f"{row} {column}"


def language(post: Post) -> tuple[str, str]:
    """BCP 47 tag and name of the text's language; where it is not given, what the script tells."""
    if post.language:
        return post.language, _LANGUAGES.get(post.language.split("-")[0].lower(), post.language)
    if _KANA.search(post.text):
        return "ja", "Japanese, by its script"
    if len(_HAN.findall(post.text)) > 1:
        return "zh", "Chinese, by its script"
    return "", "not stated"


def percent(probability: float) -> str:
    """A probability for people: never 0% or 100%, which nobody knows."""
    if probability < 0.01:
        return "<1%"
    return ">99%" if probability > 0.99 else f"{100 * probability:.0f}%"


def points(change: float) -> str:
    """A change of probability in percentage points, with its sign."""
    rounded = round(100 * change)
    return f"{rounded:+d}".replace("-", "−") if rounded else "±0"


def signed(value: float) -> str:
    """A number with two decimals and a true minus."""
    return f"{value:.2f}".replace("-", "−")


def _would(absence: Absence, verdict: Verdict) -> str:
    own = percent(verdict.rumor_probability or 0.0)
    if round(100 * absence.change) == 0:
        return f"the probability stays at {own}"
    verb = "falls" if absence.change < 0 else "rises"
    return f"the probability {verb} from {own} to {percent(absence.probability)}"
