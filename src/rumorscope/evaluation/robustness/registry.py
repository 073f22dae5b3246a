"""Every perturbation by its name: what `rumorscope robustness` runs, in this order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rumorscope.data.images import read_image
from rumorscope.data.text import clean_text
from rumorscope.errors import InputError
from rumorscope.evaluation.robustness import pictures, swaps, texts
from rumorscope.evaluation.robustness.pictures import PictureChange
from rumorscope.evaluation.robustness.swaps import Change
from rumorscope.evaluation.robustness.texts import TextChange
from rumorscope.post import ImageSource, Post

Kind = Literal["redrawn", "rewritten", "recombined"]
"""Altered in its pictures, in its text, or given those of another post, or none."""

_KEPT_PICTURES = 64
"""Altered pictures held at a time: posts of one picture come one after the other."""


@dataclass(frozen=True)
class Perturbation:
    """One way to alter posts.

    `prepare` sees all posts, which only swaps need, and gives the pure function that alters one of them.
    A post that it does not concern comes back equal.
    """

    name: str
    what: str  # in a few words, for tables
    kind: Kind
    prepare: Callable[[Sequence[Post], int], Change]


def perturbations(names: Iterable[str] | None = None) -> list[Perturbation]:
    """Those named, or all. Raises InputError that lists them for a name that is none."""
    if names is None:
        return list(_REGISTRY.values())
    chosen = list(names)
    unknown = [name for name in chosen if name not in _REGISTRY]
    if unknown:
        raise InputError(f"there is no perturbation '{unknown[0]}'; there are: {', '.join(_REGISTRY)}")
    return [_REGISTRY[name] for name in dict.fromkeys(chosen)]


def _of_pictures(change: PictureChange) -> Callable[[Sequence[Post], int], Change]:
    def prepare(posts: Sequence[Post], seed: int) -> Change:
        @lru_cache(maxsize=_KEPT_PICTURES)
        def altered(source: ImageSource) -> bytes:
            return pictures.encoded(change(pictures.bounded(read_image(source))))

        return lambda post: replace(post, images=tuple(map(altered, post.images)))

    return prepare


def _of_texts(change: TextChange) -> Callable[[Sequence[Post], int], Change]:
    def prepare(posts: Sequence[Post], seed: int) -> Change:
        def alter(post: Post) -> Post:
            text = change(post.text, random.Random(f"{seed} {post.id}"))
            gone = not clean_text(text) and not post.images  # nothing would be left to judge
            return post if gone else replace(post, text=text)

        return alter

    return prepare


def _alone(change: Change) -> Callable[[Sequence[Post], int], Change]:
    return lambda posts, seed: change


_PICTURES: dict[str, tuple[str, PictureChange]] = {
    "jpeg_50": ("JPEG at quality 50", pictures.recompress(50)),
    "jpeg_20": ("JPEG at quality 20", pictures.recompress(20)),
    "half_size": ("half as wide and high", pictures.resize(0.5)),
    "double_size": ("twice as wide and high", pictures.resize(2.0)),
    "crop": ("a tenth cut off each side", pictures.crop),
    "screenshot": ("framed as a screenshot of a feed", pictures.screenshot),
    "flip": ("left and right exchanged", pictures.flip),
    "blur": ("blurred", pictures.blur),
    "caption": ("words written over it", pictures.caption),
    "grayscale": ("without color", pictures.grayscale),
    "brighter": ("half as bright again", pictures.brightness(1.5)),
    "darker": ("half as bright", pictures.brightness(0.5)),
}
_TEXTS: dict[str, tuple[str, TextChange]] = {
    "typos": ("one letter in twenty mistyped", texts.typos),
    "lower_case": ("no capitals", texts.lower_case),
    "upper_case": ("all capitals", texts.upper_case),
    "no_punctuation": ("without punctuation", texts.no_punctuation),
    "no_emoji": ("without emoji", texts.no_emoji),
    "no_urls": ("without links", texts.no_urls),
    "no_mentions": ("without @names", texts.no_mentions),
    "no_hashtags": ("without #tags", texts.no_hashtags),
    "first_half": ("cut after half its characters", texts.first_half),
}
_ALL = (
    *(
        Perturbation(name, what, "redrawn", _of_pictures(change))
        for name, (what, change) in _PICTURES.items()
    ),
    *(Perturbation(name, what, "rewritten", _of_texts(change)) for name, (what, change) in _TEXTS.items()),
    Perturbation("swapped_picture", "another post's pictures", "recombined", swaps.swap_pictures),
    Perturbation("swapped_text", "another post's text", "recombined", swaps.swap_texts),
    Perturbation("missing_picture", "no picture", "recombined", _alone(swaps.without_pictures)),
    Perturbation("missing_text", "no text", "recombined", _alone(swaps.without_text)),
)
_REGISTRY = {perturbation.name: perturbation for perturbation in _ALL}
