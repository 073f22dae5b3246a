"""How many posts, pictures, events and words a manifest holds (as Tables 1 and 2 of arXiv 2508.11141 do)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rumorscope.data.row import Row
from rumorscope.post import Label


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """One line of a table: a split, an event or a language, or all posts."""

    name: str
    posts: int
    rumors: int
    non_rumors: int
    with_images: int
    images: int  # as the posts name them, repetitions counted
    distinct_images: int  # by content where the manifest records hashes, else by file
    mean_characters: float
    tampered: int = 0  # in forgery sets
    authentic: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """A manifest in numbers."""

    total: GroupCounts
    splits: tuple[GroupCounts, ...]
    events: tuple[GroupCounts, ...]
    languages: tuple[GroupCounts, ...]
    posts_per_image: float  # captions a picture, in a caption dataset; 0 without pictures
    replies: int


def describe(rows: Sequence[Row]) -> Statistics:
    """Count the rows of a manifest, in all and by split, event and language, the largest first."""
    total = _count("all", rows)
    return Statistics(
        total=total,
        splits=_by(rows, lambda row: row.split),
        events=_by(rows, lambda row: row.event),
        languages=_by(rows, lambda row: row.language),
        posts_per_image=total.images / total.distinct_images if total.distinct_images else 0.0,
        replies=sum(len(row.replies) for row in rows),
    )


def _by(rows: Sequence[Row], key: Callable[[Row], str | None]) -> tuple[GroupCounts, ...]:
    sizes = Counter(key(row) for row in rows)
    if set(sizes) == {None}:
        return ()
    groups: dict[str | None, list[Row]] = {name: [] for name, _ in sizes.most_common()}
    for row in rows:
        groups[key(row)].append(row)
    return tuple(_count("none" if name is None else name, group) for name, group in groups.items())


def _count(name: str, rows: Sequence[Row]) -> GroupCounts:
    labels = Counter(row.label for row in rows)
    images = [image for row in rows for image in (row.images_sha256 or row.images_file_names)]
    return GroupCounts(
        name=name,
        posts=len(rows),
        rumors=labels[Label.RUMOR],
        non_rumors=labels[Label.NON_RUMOR],
        with_images=sum(bool(row.images_file_names) for row in rows),
        images=len(images),
        distinct_images=len(set(images)),
        mean_characters=sum(len(row.text) for row in rows) / max(len(rows), 1),
        tampered=sum(row.tampered is True for row in rows),
        authentic=sum(row.tampered is False for row in rows),
    )
