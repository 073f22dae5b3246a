"""What came of a split: the posts, rumors, events and pictures of each part, and what to beware of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rumorscope.data.manifest import Manifest
from rumorscope.data.split_file import Part, SplitPlan
from rumorscope.post import Label, Post

ORDER: tuple[Part, ...] = ("train", "validation", "test", "unused")
MUCH = 0.5  # an event that has more of a part's posts dominates it
FAR = 0.05  # a part that is this far from the share asked for is worth a word


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One part of one fold, with at least one post."""

    fold: str
    part: Part
    posts: int
    rumors: int
    non_rumors: int
    events: int
    pictures: int  # distinct by content where the manifest records hashes, else by file
    largest_event: tuple[str, int] | None  # its name and its posts


def summarise(plan: SplitPlan, manifest: Manifest) -> list[PartSummary]:
    """Count each fold's parts, those without posts left out."""
    return [
        _count(fold.name, part, members, manifest)
        for fold in plan.folds
        for part in ORDER
        if (members := [post for post, own in zip(manifest.posts, fold.parts, strict=True) if own == part])
    ]


def cautions(plan: SplitPlan, parts: Sequence[PartSummary]) -> list[str]:
    """What makes a split's figures say less than they seem to, each with the folds where it is so."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for caution in _cautions(plan, part):
            found.setdefault(caution, []).append(part.fold)
    several = len(plan.folds) > 1
    return [f"{caution}{_where(folds, plan) if several else ''}" for caution, folds in found.items()]


def _count(fold: str, part: Part, posts: Sequence[Post], manifest: Manifest) -> PartSummary:
    labels = Counter(post.label for post in posts)
    events = Counter(post.event for post in posts if post.event is not None)
    return PartSummary(
        fold=fold,
        part=part,
        posts=len(posts),
        rumors=labels[Label.RUMOR],
        non_rumors=labels[Label.NON_RUMOR],
        events=len(events),
        pictures=len({manifest.recorded.get(source, source) for post in posts for source in post.images}),
        largest_event=events.most_common(1)[0] if events else None,
    )


def _cautions(plan: SplitPlan, part: PartSummary) -> Iterator[str]:
    if part.part == "unused":
        return
    if not (part.rumors and part.non_rumors) and part.rumors + part.non_rumors:
        only = "rumors" if part.rumors else "non-rumors"
        yield f"all {part.part} posts are {only}, so AUC and macro-F1 have no value there"
    left_out = plan.protocol == "leave_one_event_out" and part.part == "test"
    if part.largest_event and part.largest_event[1] > MUCH * part.posts and not left_out:
        yield f"most of the {part.part} posts are of one event, {part.largest_event[0]}"
    asked = plan.ratios[ORDER.index(part.part)]
    share = part.posts / len(plan.folds[0].assignment)
    if len(plan.folds) == 1 and plan.protocol != "published" and abs(share - asked) > FAR:
        yield f"{share:.0%} of the posts are {part.part} posts, not {asked:.0%}: groups stay whole"


def _where(folds: Sequence[str], plan: SplitPlan) -> str:
    if len(folds) == len(plan.folds):
        return " (in every fold)"
    if len(folds) > 3:
        return f" (in {len(folds)} of {len(plan.folds)} folds)"
    return f" (fold{'s' * (len(folds) > 1)} {', '.join(folds)})"
