"""What crosses every border: the post that is judged, and the verdict with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

ImageSource = Path | bytes
"""A picture: the path of its file, or the file's bytes."""


class Label(IntEnum):
    """The two classes; a rumor is the positive one."""

    NON_RUMOR = 0
    RUMOR = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer in a post's thread."""

    id: str
    text: str
    parent: str | None = None
    time: datetime | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Manipulation:
    """What is known, from a forgery set, of whether the one picture of a post was altered."""

    tampered: bool
    kind: str | None = None  # "copy_move" or "splice"; None where the picture is authentic, or nobody knows
    mask: ImageSource | None = None  # white where the picture was altered, at its size


@dataclass(frozen=True, slots=True)
class Post:
    """A social media post: its text, its pictures, and what is known of it."""

    id: str  # always a string: Weibo ids overflow spreadsheets
    text: str
    images: tuple[ImageSource, ...] = ()
    label: Label | None = None
    event: str | None = None  # what event-disjoint splits group by
    time: datetime | None = None
    language: str | None = None  # BCP 47
    replies: tuple[Reply, ...] = ()
    user: str | None = None  # who wrote it: a name or number, as the dataset has it
    manipulation: Manipulation | None = None  # known in forgery sets alone


@dataclass(frozen=True, slots=True)
class Region:
    """An area of a picture that the verdict rests on."""

    image: int  # index into the post's images
    box_pixels: tuple[int, int, int, int]  # left, top, right, bottom in the upright original picture
    scale: int  # the receptive field, in pixels of the encoder's input
    relevance: float  # text-region similarity before standardising
    weight: float  # share of the fused picture, 0 to 1
    probability_without: float | None = None  # rumor probability once the region is painted over


@dataclass(frozen=True, slots=True)
class RelevanceMap:
    """Text-region similarity over a whole picture at one scale."""

    image: int
    scale: int
    values: tuple[tuple[float, ...], ...]  # rows from the top, each from the left


@dataclass(frozen=True, slots=True)
class Triple:
    """A claim or a fact: what is said of what."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What the text claims, beside what is known of it."""

    triple: Triple
    known: Triple | None  # the nearest known triple; None where nothing is known of head and relation or tail
    deviation: float | None  # distance between the embeddings of both, each of unit length: 0 to 2
    weight: float  # share of the attention over the post's claims; they sum to 1


@dataclass(frozen=True, slots=True)
class ManipulationMap:
    """How likely a picture was altered, as a whole and place by place."""

    image: int  # index into the post's images
    probability: float  # that it was altered anywhere, 0 to 1
    values: tuple[tuple[float, ...], ...]  # 0 to 1, rows from the top, each from the left


@dataclass(frozen=True, slots=True)
class FailureModes:
    """The rumor probability once one way of going wrong is ruled out; None where it cannot apply."""

    if_consistent: float | None = None  # were picture and text to agree
    if_authentic: float | None = None  # were the picture's traces those of an unaltered one
    if_known: float | None = None  # were no claim to deviate from what is known


@dataclass(frozen=True, slots=True)
class Contribution:
    """The rumor probability with a whole modality taken away; None where the post has none of it."""

    without_text: float | None = None
    without_images: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a verdict came out as it did, from the detector's own computation."""

    regions: tuple[Region, ...] = ()  # heaviest first
    relevance: tuple[RelevanceMap, ...] = ()
    contribution: Contribution = Contribution()
    faithfulness: str | None = None  # how far this detector's regions can be trusted, where it was measured
    claims: tuple[Claim, ...] = ()  # heaviest first
    manipulation: tuple[ManipulationMap, ...] = ()  # one a picture
    failure_modes: FailureModes = FailureModes()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged post. Where judging failed, `error` says why and the probability is None."""

    post_id: str
    rumor_probability: float | None  # calibrated, 0 to 1
    label: Label | None
    detector: str
    checkpoint: str  # hash of the weights and the configuration
    abstained: str | None = None  # why a person should decide, or None
    evidence: Evidence | None = None
    error: str | None = None
    warning: str | None = None  # why the probability may mean little, as for a post unlike the training's
    missing: tuple[str, ...] = ()  # what the detector reads and this post did not give it
