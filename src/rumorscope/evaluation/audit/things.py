"""What posts can have in common: pictures, texts, events, users, as keys that are equal where shared.

A thing that a post does not have (no picture, no known user) is no key, and is never shared. **N** posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rumorscope.data.near_duplicates import PictureHashes, near_duplicate_pairs
from rumorscope.data.parallel import Progress, no_progress
from rumorscope.data.shared_pictures import linked_groups
from rumorscope.evaluation.audit.record import Example, Kind
from rumorscope.evaluation.audit.texts import same_text, similar_text_groups
from rumorscope.post import ImageSource, Post

EXAMPLES = 5
_LONGEST = 80  # characters of a text that an example quotes


@dataclass(frozen=True)
class Things:
    """The things of one kind that each post has."""

    kind: Kind
    keys: tuple[tuple[str, ...], ...]  # (N,) none, one or several distinct keys a post
    names: Mapping[str, str]  # of every key, for people

    def groups(self, posts: Iterable[int]) -> dict[str, list[int]]:
        """Which of the given posts, by their position, have each key."""
        groups: dict[str, list[int]] = defaultdict(list)
        for post in posts:
            for key in self.keys[post]:
                groups[key].append(post)
        return dict(groups)

    def example(self, key: str, members: Sequence[int], posts: Sequence[Post]) -> Example:
        """The thing's name, and the ids of the posts at the given positions."""
        return Example(self.names[key], tuple(posts[member].id for member in members))


def all_things(
    posts: Sequence[Post], hashes: PictureHashes, progress: Progress = no_progress
) -> tuple[Things, ...]:
    """Every kind, from the exact to the loose; a kind that no post has is among them, without keys."""
    return (
        *_pictures(posts, hashes),
        *_texts(posts, progress),
        _named("event", [post.event for post in posts]),
        _named("user", [post.user for post in posts]),
    )


def similar_pictures(hashes: PictureHashes) -> dict[str, str]:
    """The group of near-duplicates of every distinct picture, both by their keys."""
    pairs, _ = near_duplicate_pairs(hashes.bits)
    groups = linked_groups(pairs, len(hashes.keys))
    return dict(zip(hashes.keys, map(str, groups), strict=True))


def _pictures(posts: Sequence[Post], hashes: PictureHashes) -> tuple[Things, Things]:
    similar = similar_pictures(hashes)
    same = [tuple(dict.fromkeys(hashes.key_of[source] for source in post.images)) for post in posts]
    near = [tuple(dict.fromkeys(similar[key] for key in keys)) for keys in same]
    names: dict[str, str] = {}
    for source, key in hashes.key_of.items():
        for known in (key, similar[key]):
            names.setdefault(known, _file_name(source))
    return Things("picture", tuple(same), names), Things("similar picture", tuple(near), names)


def _texts(posts: Sequence[Post], progress: Progress) -> tuple[Things, Things]:
    texts = [same_text(post.text) for post in posts]
    distinct = [text for text in dict.fromkeys(texts) if any(map(str.isalnum, text))]
    groups = map(str, similar_text_groups(distinct, progress))
    similar = dict(zip(distinct, groups, strict=True))
    same = tuple((text,) if text in similar else () for text in texts)
    near = tuple((similar[text],) if text in similar else () for text in texts)
    names: dict[str, str] = {}
    for text, group in similar.items():
        names.setdefault(group, _quoted(text))
    return (
        Things("text", same, {text: _quoted(text) for text in similar}),
        Things("similar text", near, names),
    )


def _named(kind: Kind, values: Sequence[str | None]) -> Things:
    keys = tuple(() if value is None else (value,) for value in values)
    return Things(kind, keys, {value: value for value in values if value is not None})


def _file_name(source: ImageSource) -> str:
    return "a picture given as bytes" if isinstance(source, bytes) else source.name


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
