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
