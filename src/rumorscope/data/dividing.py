"""Ways to cut posts into parts of given shares: one by one, by class, in order, or in whole groups.

Each takes the **N** posts' groups and labels, the **P** parts' shares (adding up to 1) and a seed, and gives
the part (N,) of each post, 0 … P-1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rumorscope.errors import InputError
from rumorscope.post import Label

Integers = NDArray[np.int64]
Divide = Callable[[Integers, Integers, Sequence[float], Sequence[int]], Integers]

_TRIALS = 64  # divisions in whole groups of which the best is taken …
_PLACED = (
    30_000  # … or fewer, so that so many groups are placed in all: many small groups balance by themselves
)


def cut_at_random(
    groups: Integers, labels: Integers, shares: Sequence[float], seed: Sequence[int]
) -> Integers:
    """Single posts at random, in exactly the shares but for rounding."""
    parts = np.repeat(np.arange(len(shares)), _sizes(len(groups), shares))
    return np.random.default_rng(seed).permutation(parts)


def cut_by_label(
    groups: Integers, labels: Integers, shares: Sequence[float], seed: Sequence[int]
) -> Integers:
    """Single posts at random, with the same share of rumors in every part.

    Raises InputError where a class has too few posts.
    """
    from sklearn.model_selection import train_test_split  # slow to import

    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
    parts = np.zeros(len(labels), dtype=np.int64)
    rest = np.arange(len(labels))
    for part, size in reversed(list(enumerate(_sizes(len(labels), shares)))):
        if not 0 < size < len(rest):
            parts[rest[:size]] = part
            continue
        try:
            rest, chosen = train_test_split(rest, test_size=size, stratify=labels[rest], random_state=random)
        except ValueError as error:  # scikit-learn's "least populated class"
            raise InputError(f"a class has too few posts to be in every part: {error}") from error
        parts[chosen] = part
    return parts


def cut_in_order(
    groups: Integers, labels: Integers, shares: Sequence[float], seed: Sequence[int]
) -> Integers:
    """Lower groups before higher ones, each group whole; without chance."""
    bounds = np.cumsum(_sizes(len(groups), shares))[:-1]  # posts before each cut
    before = np.concatenate([[0], np.cumsum(np.bincount(groups))])  # posts before each group
    nearest = [int(np.abs(before - bound).argmin()) for bound in bounds]
    return np.searchsorted(np.array(nearest, dtype=np.int64), groups, side="right").astype(np.int64)


def fill_with_groups(
    groups: Integers, labels: Integers, shares: Sequence[float], seed: Sequence[int]
) -> Integers:
    """Whole groups: sizes near the shares and rumors spread evenly, as far as the groups allow.

    Groups in random order go where most posts are lacking, those too large for the smallest part first; of
    several such divisions the one nearest to the wished numbers of posts and of rumors is taken. No part is
    empty, and none is off by more than the largest group unless another would be empty. Raises InputError for
    fewer groups than parts.
    """
    _, member = np.unique(groups, return_inverse=True)
    rumors = np.bincount(member, weights=labels == Label.RUMOR)
    content = np.stack([np.bincount(member).astype(np.float64), rumors], axis=1)  # posts and rumors a group
    if len(content) < np.count_nonzero(shares):
        raise InputError(
            f"{len(groups)} posts in {len(content)} groups that stay whole cannot fill {len(shares)} parts; "
            "use other ratios, fewer folds or another protocol"
        )
    wanted = np.outer(shares, content.sum(axis=0))  # (P, 2) posts, rumors
    random = np.random.default_rng(seed)
    trials = max(1, min(_TRIALS, _PLACED // len(content)))
    divisions = [_fill(content[:, 0], wanted[:, 0], random) for _ in range(trials)]
    return min(divisions, key=lambda division: _misfit(division, content, wanted))[member]


def _fill(sizes: NDArray[np.float64], wanted: NDArray[np.float64], random: np.random.Generator) -> Integers:
    order = random.permutation(len(sizes))
    large = sizes[order] > wanted[wanted > 0].min()
    order = np.concatenate([order[large][np.argsort(-sizes[order[large]], kind="stable")], order[~large]])
    lacking, empty = wanted.tolist(), set(np.flatnonzero(wanted).tolist())
    division = np.empty(len(sizes), dtype=np.int64)
    for placed, (group, size) in enumerate(zip(order.tolist(), sizes[order].tolist(), strict=True)):
        reserved = len(empty) == len(order) - placed  # the groups left just suffice to fill every part
        part = max(sorted(empty) if reserved else range(len(lacking)), key=lacking.__getitem__)
        division[group] = part
        lacking[part] -= size
        empty.discard(part)
    return division


def _misfit(division: Integers, content: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Posts and rumors in the wrong part."""
    got = np.stack([content[division == part].sum(axis=0) for part in range(len(wanted))])
    return float(np.abs(got - wanted).sum())


def _sizes(posts: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in the shares that add up to `posts`."""
    bounds = [round(posts * bound) for bound in accumulate(shares)]
    return [upper - lower for lower, upper in zip([0, *bounds], bounds, strict=False)]
