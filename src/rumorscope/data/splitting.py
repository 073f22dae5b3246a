"""Dividing a manifest's posts into training, validation and test posts by a protocol that can be named.

What straddles decides what a score means: single posts at random let a detector meet each test picture and
event in training; whole pictures or whole events do not. **N** posts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rumorscope.data.dividing import Divide, cut_at_random, cut_by_label, cut_in_order, fill_with_groups
from rumorscope.data.manifest import Manifest
from rumorscope.data.near_duplicates import near_duplicate_groups
from rumorscope.data.parallel import Progress, no_progress
from rumorscope.data.shared_pictures import linked_groups
from rumorscope.data.split_file import Fold, SplitPlan, picture_hash
from rumorscope.errors import InputError
from rumorscope.post import Post

Protocol = Literal["published", "random", "stratified", "event", "time", "image", "leave_one_event_out"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
Ratios = tuple[float, float, float]
Integers = NDArray[np.int64]
TRAIN, VALIDATION, TEST, UNUSED = range(4)
_LETTERS = np.array(list("tvs-"))
_PUBLISHED = {"train": "t", None: "t", "validation": "v", "test": "s"}  # as training reads a manifest


def make_split(
    manifest: Manifest,
    protocol: Protocol,
    *,
    seed: int = 0,
    ratios: Ratios = (0.8, 0.1, 0.1),
    folds: int = 1,
    progress: Progress = no_progress,
) -> SplitPlan:
    """Divide a manifest's posts by a protocol; the seed alone decides what is left to chance.

    `ratios` are the shares of training, validation and test posts; whole groups approximate them. With
    several `folds` each post is tested in exactly one, and the validation posts are drawn from the others by
    the same protocol. Raises InputError where the posts lack what the protocol goes by, or a part cannot be
    filled.
    """
    _check(protocol, ratios, folds)
    pictures = picture_hash(manifest)
    if protocol == "published":
        made = [Fold("", "".join(_PUBLISHED.get(split, "-") for split in manifest.splits))]
    elif protocol == "leave_one_event_out":
        made = list(_each_event(manifest.posts, ratios, seed, progress))
    else:
        ties = _ties(manifest.posts, protocol, progress)
        made = list(_folds(ties, ratios, folds, seed)) if folds > 1 else [_single(ties, ratios, seed)]
    return SplitPlan(protocol, seed, ratios, manifest.fingerprint, pictures, tuple(made))


def parse_ratios(text: str) -> Ratios:
    """The shares that "8:1:1" or "70/10/20" stand for; "80:20" has no validation. Raises InputError."""
    try:
        values = [float(part) for part in text.replace("/", ":").split(":")]
    except ValueError:
        values = []
    if len(values) == 2:
        values.insert(1, 0.0)
    if len(values) != 3 or not all(0 <= value < np.inf for value in values) or not sum(values):
        raise InputError(f"ratios '{text}'; write train:validation:test, such as 8:1:1 or 70:10:20")
    train, validation, test = (value / sum(values) for value in values)
    return train, validation, test


def event_groups(posts: Sequence[Post], pictures: Integers) -> Integers:
    """(N,) whole events, those tied together where near-duplicate `pictures` (N,) groups straddle them.

    Raises InputError where a post names no event.
    """
    _refuse_without("event", [post.id for post in posts if post.event is None])
    _, events = np.unique([str(post.event) for post in posts], return_inverse=True)
    rows, first_event = np.arange(len(posts)), len(posts) + int(pictures.max()) + 1
    ties = [np.stack([rows, len(posts) + pictures], axis=1), np.stack([rows, first_event + events], axis=1)]
    return linked_groups(np.concatenate(ties), first_event + int(events.max()) + 1)[: len(posts)]


@dataclass(frozen=True)
class _Ties:
    """What a protocol keeps together, and how it divides."""

    groups: Integers  # (N,)
    labels: Integers  # (N,) -1 where unknown
    divide: Divide


def _ties(posts: Sequence[Post], protocol: Protocol, progress: Progress) -> _Ties:
    labels = np.array([-1 if post.label is None else post.label for post in posts], dtype=np.int64)
    match protocol:
        case "random":
            return _Ties(np.arange(len(posts)), labels, cut_at_random)
        case "stratified":
            _refuse_without("label", [post.id for post in posts if post.label is None])
            return _Ties(np.arange(len(posts)), labels, cut_by_label)
        case "time":
            return _Ties(_moments(posts), labels, cut_in_order)
    groups = near_duplicate_groups(posts, progress=progress)
    if protocol == "event":
        groups = event_groups(posts, groups)
    return _Ties(groups, labels, fill_with_groups)


def _moments(posts: Sequence[Post]) -> Integers:
    """(N,) the rank of each post's time; posts of the same moment are one group."""
    _refuse_without("time", [post.id for post in posts if post.time is None])
    times = [post.time.timestamp() for post in posts if post.time is not None]
    return np.asarray(np.unique(times, return_inverse=True)[1], dtype=np.int64)


def _single(ties: _Ties, ratios: Ratios, seed: int) -> Fold:
    return Fold("", _written(ties.divide(ties.groups, ties.labels, ratios, [seed])))


def _folds(ties: _Ties, ratios: Ratios, folds: int, seed: int) -> Iterator[Fold]:
    tested = ties.divide(ties.groups, ties.labels, [1 / folds] * folds, [seed])
    for fold in range(folds):
        yield Fold(str(fold + 1), _around(tested == fold, ties, ratios, [seed, fold]))


def _each_event(posts: Sequence[Post], ratios: Ratios, seed: int, progress: Progress) -> Iterator[Fold]:
    """A fold an event, the largest first. What shows a near-duplicate of a tested picture is not used."""
    pictures = near_duplicate_groups(posts, progress=progress)
    ties = _Ties(event_groups(posts, pictures), _ties(posts, "random", progress).labels, fill_with_groups)
    events = np.array([str(post.event) for post in posts])
    names = [name for name, _ in Counter(events.tolist()).most_common()]
    if len(names) < 2:
        raise InputError(f"leaving one event out needs two or more, and the posts name {len(names)}")
    for number, name in enumerate(names):
        test = events == name
        tied = np.isin(pictures, pictures[test]) & ~test
        yield Fold(name, _around(test, ties, ratios, [seed, number], unused=tied))


def _around(
    test: NDArray[np.bool_],
    ties: _Ties,
    ratios: Ratios,
    seed: Sequence[int],
    unused: NDArray[np.bool_] | None = None,
) -> str:
    """A fold that tests `test`; the rest is divided into training and validation posts by the protocol."""
    parts = np.full(len(test), TEST)
    rest = ~test
    if unused is not None:
        parts[unused] = UNUSED
        rest &= ~unused
    shares = [ratios[0] / (ratios[0] + ratios[1]), ratios[1] / (ratios[0] + ratios[1])]
    parts[rest] = ties.divide(ties.groups[rest], ties.labels[rest], shares, seed)
    return _written(parts)


def _written(parts: Integers) -> str:
    return "".join(_LETTERS[parts])


def _check(protocol: Protocol, ratios: Ratios, folds: int) -> None:
    if protocol not in PROTOCOLS:
        raise InputError(f"no protocol '{protocol}'; there are: {', '.join(PROTOCOLS)}")
    if abs(sum(ratios) - 1) > 1e-6 or min(ratios) < 0 or not ratios[0] or not ratios[2]:
        raise InputError(f"ratios {ratios}; train and test need a share each, and the three must add up to 1")
    if folds < 1:
        raise InputError(f"folds={folds}; use 1 for a single split, or 5 to test each post once")
    if folds > 1 and protocol in ("published", "time", "leave_one_event_out"):
        raise InputError(f"the protocol {protocol} decides its folds itself; leave out folds={folds}")


def _refuse_without(what: str, lacking: Sequence[str]) -> None:
    if lacking:
        raise InputError(
            f"{len(lacking)} posts name no {what}, such as {lacking[0]}, and this protocol goes by it; "
            "use another protocol, or leave these posts out of the manifest"
        )
