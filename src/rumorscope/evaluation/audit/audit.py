"""The whole audit of a manifest: what its parts share, what memory alone scores, what gives the label away.

The audit reads the labels of test posts. That is no opening: no detector is trained, chosen or tuned by it,
and what it says is about the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rumorscope.data.manifest import Manifest
from rumorscope.data.near_duplicates import PictureHashes, hash_pictures
from rumorscope.data.parallel import Progress, no_progress
from rumorscope.data.shared_pictures import linked_groups
from rumorscope.evaluation.audit.lookups import majority_class, score_lookups
from rumorscope.evaluation.audit.record import Audit, Grade, Lookup, Part, Repeats
from rumorscope.evaluation.audit.shared import overlaps, repeats
from rumorscope.evaluation.audit.surfaces import surfaces
from rumorscope.evaluation.audit.things import Things, all_things
from rumorscope.evaluation.audit.times import order_in_time
from rumorscope.evaluation.audit.traces import trace
from rumorscope.evaluation.audit.verdict import judge
from rumorscope.evaluation.metrics import Integers
from rumorscope.post import Label, Post


def audit(manifest: Manifest, progress: Progress = no_progress) -> Audit:
    """Audit a manifest's split; `progress` sees every picture and every distinct text.

    Raises InputError for a picture that cannot be read.
    """
    posts, splits = manifest.posts, manifest.splits
    hashes = hash_pictures(posts, progress)
    things = all_things(posts, hashes, progress)
    clusters = _tied(next(kind for kind in things if kind.kind == "similar picture"))
    found = [trace(surface, posts, splits, clusters) for surface in surfaces(posts, hashes, manifest.folder)]
    traces = tuple(told for told in found if told is not None)
    shared, repeated = tuple(overlaps(things, posts, splits)), tuple(repeats(things, posts))
    majority_accuracy, lookups = _look_up(things, posts, splits, clusters)
    grade: Grade
    if {"train", "test"} <= set(splits):
        grade, sentence = judge(shared, lookups, traces, majority_accuracy)
    else:
        grade, sentence = "no split", _without_split(repeated)
    return Audit(
        sentence=sentence,
        grade=grade,
        parts=tuple(_parts(posts, splits, hashes)),
        majority_accuracy=majority_accuracy,
        lookups=lookups,
        overlaps=shared,
        repeats=repeated,
        times=order_in_time(posts, splits),
        traces=traces,
        notes=tuple(_notes(posts, splits, things)),
    )


def _tied(pictures: Things) -> Integers:
    """(N,) the number of the set of posts that each post is in, tied by what they show."""
    rows = len(pictures.keys)
    number = {key: rows + index for index, key in enumerate(pictures.names)}
    edges = [(row, number[key]) for row, keys in enumerate(pictures.keys) for key in keys]
    return linked_groups(np.array(edges, dtype=np.int64).reshape(-1, 2), rows + len(number))[:rows]


def _look_up(
    things: Sequence[Things], posts: Sequence[Post], splits: Sequence[str | None], clusters: Integers
) -> tuple[float | None, tuple[Lookup, ...]]:
    train, test = (
        [row for row, post in enumerate(posts) if splits[row] == part and post.label is not None]
        for part in ("train", "test")
    )
    if not train or not test:
        return None, ()
    labels = np.array([posts[row].label for row in test])
    constant = majority_class(np.array([posts[row].label for row in train]))
    drawn = np.unique(clusters[test], return_inverse=True)[1]
    return float(np.mean(labels == constant)), tuple(score_lookups(things, posts, train, test, drawn))


def _parts(posts: Sequence[Post], splits: Sequence[str | None], hashes: PictureHashes) -> Iterator[Part]:
    for name in dict.fromkeys(splits):
        members = [post for post, split in zip(posts, splits, strict=True) if split == name]
        yield Part(
            name or "(none)",
            posts=len(members),
            rumors=sum(post.label is Label.RUMOR for post in members),
            non_rumors=sum(post.label is Label.NON_RUMOR for post in members),
            pictures=len({hashes.key_of[source] for post in members for source in post.images}),
        )


def _without_split(repeated: Sequence[Repeats]) -> str:
    missing = "There is no split to trust: the data lacks training posts or test posts"
    telling = [found for found in repeated if found.judged and found.kind in ("picture", "event")]
    telling = [found for found in telling if found.constant > found.expected]
    if not telling:
        return f"{missing}."
    most = max(telling, key=lambda found: found.constant / found.judged)
    return (
        f"{missing}; of the {most.judged} {most.kind}s that two or more posts share, {most.constant} have "
        f"one label ({most.expected:.1f} by chance), so no split should share {most.kind}s."
    )


def _is_of_one_class(kind: Things, posts: Sequence[Post]) -> bool:
    labels = {post.label for post, keys in zip(posts, kind.keys, strict=True) if keys} - {None}
    return len(labels) == 1 < len({post.label for post in posts} - {None})


_UNKNOWN = {
    "picture": "no post has a picture",
    "text": "no post has a text",
    "event": "no post names its event, so shared events cannot be seen",
    "user": "no post names its user, so shared users cannot be seen",
}


def _notes(posts: Sequence[Post], splits: Sequence[str | None], things: Sequence[Things]) -> Iterator[str]:
    for part in ("train", "test"):
        if part not in splits:
            yield f"no post is in the split '{part}', so nothing is looked up"
    for kind in things:
        if kind.kind in _UNKNOWN and not any(kind.keys):
            yield _UNKNOWN[kind.kind]
        elif kind.kind in _UNKNOWN and _is_of_one_class(kind, posts):
            yield f"only posts of one class have a {kind.kind}, so having one tells the label"
    if all(post.time is None for post in posts):
        yield "no post has a time, so the order of the parts cannot be seen"
    if all(post.label is None for post in posts):
        yield "no post has a label, so nothing that depends on labels can be said"
