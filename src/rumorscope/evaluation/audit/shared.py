"""What the parts of a split have in common, and what repeats within the data with one label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from scipy.stats import hypergeom

from rumorscope.evaluation.audit.record import Overlap, Repeats
from rumorscope.evaluation.audit.things import EXAMPLES, Things
from rumorscope.post import Label, Post

PARTS = ("train", "validation", "test")
"""In the order in which a method may see them."""


def overlaps(
    things: Sequence[Things], posts: Sequence[Post], splits: Sequence[str | None]
) -> Iterator[Overlap]:
    """Each kind between each two parts that are there; a kind that either part lacks is left out."""
    members = {part: [row for row, split in enumerate(splits) if split == part] for part in PARTS}
    for earlier, later in combinations((part for part in PARTS if members[part]), 2):
        for kind in things:
            seen, counted = kind.groups(members[earlier]), kind.groups(members[later])
            if not seen or not counted:
                continue
            both = [key for key in counted if key in seen]
            found = {row for key in both for row in counted[key]}
            both.sort(key=lambda key: -len(counted[key]))
            examples = tuple(
                kind.example(key, (seen[key][0], counted[key][0]), posts) for key in both[:EXAMPLES]
            )
            yield Overlap(kind.kind, earlier, later, len(found), len(members[later]), len(both), examples)


def repeats(things: Sequence[Things], posts: Sequence[Post]) -> Iterator[Repeats]:
    """Each kind that two or more posts have in common, in all of the data."""
    classes = Counter(post.label for post in posts if post.label is not None)
    for kind in things:
        groups = {key: rows for key, rows in kind.groups(range(len(posts))).items() if len(rows) > 1}
        if not groups:
            continue
        labels = [
            [posts[row].label for row in rows if posts[row].label is not None] for rows in groups.values()
        ]
        judged = [group for group in labels if len(group) > 1]
        largest = sorted(groups, key=lambda key: -len(groups[key]))[:EXAMPLES]
        yield Repeats(
            kind.kind,
            groups=len(groups),
            posts=len({row for rows in groups.values() for row in rows}),
            largest=len(groups[largest[0]]),
            judged=len(judged),
            constant=sum(len(set(group)) == 1 for group in judged),
            expected=expected_constant(
                Counter(map(len, judged)), classes[Label.RUMOR], classes[Label.NON_RUMOR]
            ),
            examples=tuple(kind.example(key, groups[key][:2], posts) for key in largest),
        )


def expected_constant(sizes: Counter[int], rumors: int, non_rumors: int) -> float:
    """How many groups would have one label if the labels were dealt out to the posts at random.

    `sizes` counts the groups of each size. A group of n posts is all rumors with the hypergeometric
    probability C(rumors, n) / C(posts, n), and all non-rumors likewise; expectations add up, also where
    groups share posts.
    """
    total = rumors + non_rumors
    return sum(
        count * float(hypergeom.pmf(size, total, rumors, size) + hypergeom.pmf(size, total, non_rumors, size))
        for size, count in sizes.items()
    )
