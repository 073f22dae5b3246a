"""What an audit of a dataset's split found, as values that are stored, printed and read again.

A *part* is a split: `train`, `validation`, `test`. A *kind* is what two posts can have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from rumorscope.evaluation.bootstrap import Interval

Kind = Literal["picture", "similar picture", "text", "similar text", "event", "user"]
Grade = Literal["trusted", "with care", "not trusted", "no split"]


@dataclass(frozen=True)
class Part:
    """How many posts of each class a split holds; posts without a label are in neither."""

    name: str
    posts: int
    rumors: int
    non_rumors: int
    pictures: int  # distinct, by content

    @property
    def rumor_share(self) -> float | None:
        """Among the labelled posts; None where there is none."""
        labelled = self.rumors + self.non_rumors
        return self.rumors / labelled if labelled else None


@dataclass(frozen=True)
class Example:
    """One thing that posts have in common, and the ids of some of them."""

    what: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """What the posts of one part have in common with those of an earlier one."""

    kind: Kind
    earlier: str  # the part that is learnt from
    later: str  # the part whose posts are counted
    posts: int  # of the later part, that have something of this kind in common with the earlier part
    of: int  # posts of the later part, in all
    items: int  # distinct pictures, texts, events or users that stand in both parts
    examples: tuple[Example, ...]

    @property
    def share(self) -> float:
        return self.posts / self.of


@dataclass(frozen=True)
class Repeats:
    """Groups of two or more posts of one kind in all of the data, and whether a group has one label."""

    kind: Kind
    groups: int
    posts: int  # that are in such a group
    largest: int
    judged: int  # groups of two or more labelled posts
    constant: int  # of these, the ones whose posts all have one label
    expected: float  # how many of these would, were the labels dealt out at random
    examples: tuple[Example, ...]  # the largest groups


@dataclass(frozen=True)
class Lookup:
    """The training posts' labels looked up by one kind, scored on the labelled test posts."""

    name: Kind
    covered: float  # share of the test posts that find something
    accuracy: float  # a post that finds nothing gets the training posts' majority class
    interval: Interval | None  # of the accuracy; None where the test posts are a single cluster
    gain: float  # accuracy minus that of the majority class
    gain_interval: Interval | None


@dataclass(frozen=True)
class Trace:
    """How well something that is no content, such as the file's name, tells the label."""

    name: str
    how: Literal["train to test", "cross-validated"]
    items: int  # posts or distinct pictures that were judged
    accuracy: float
    majority_accuracy: float
    auc: float
    lowest_auc: float | None  # bound that holds for all traces at once; None: too few to say
    tells: bool  # whether it tells the label better than chance


@dataclass(frozen=True)
class Period:
    """When the posts of a part were written, for those whose time is known."""

    part: str
    posts: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Times:
    """The order of the parts in time."""

    periods: tuple[Period, ...]
    inside: float | None  # share of timed test posts within the training period; None: a part has no times
    after: float | None  # share of timed test posts after the last training post


@dataclass(frozen=True)
class Audit:
    """All findings, and in one sentence whether the split can be trusted."""

    sentence: str
    grade: Grade
    parts: tuple[Part, ...]
    majority_accuracy: float | None  # of the training posts' majority class on test; None: nothing to score
    lookups: tuple[Lookup, ...]
    overlaps: tuple[Overlap, ...]
    repeats: tuple[Repeats, ...]
    times: Times
    traces: tuple[Trace, ...]
    notes: tuple[str, ...]  # what cannot be said, and why

    @property
    def trusted(self) -> bool:
        return self.grade == "trusted"

    @property
    def posts(self) -> dict[str, int]:
        """The number of posts of each part."""
        return {part.name: part.posts for part in self.parts}

    def as_dict(self) -> dict[str, Any]:
        """JSON values; `trusted` among them, for readers that look at nothing else."""
        return {"trusted": self.trusted, **_adapter().dump_python(self, mode="json")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Audit:
        """What `as_dict` gave. Raises pydantic's ValidationError for anything else."""
        return _adapter().validate_python({key: value for key, value in values.items() if key != "trusted"})


def _adapter() -> TypeAdapter[Audit]:
    return TypeAdapter(Audit)
