"""What lies around a post and is not what it says: its id, time, length; its pictures' names, folders, forms.

A surface is a list of items, each a string that a plain classifier reads. A picture counts once, however many
posts show it, so that only what carries over to other pictures can tell.
"""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from rumorscope.data.images import read_bytes
from rumorscope.data.near_duplicates import PictureHashes
from rumorscope.data.parallel import in_parallel, no_progress
from rumorscope.data.text import clean_text
from rumorscope.post import ImageSource, Post

Reading = Literal["characters", "marks"]
"""What counts: n-grams of characters, or what stands between spaces as a whole."""
SURFACES = 7
"""At most so many are tried on one split."""


@dataclass(frozen=True)
class Surface:
    """One surface, of all the posts or pictures that have it."""

    name: str
    read: Reading
    items: tuple[str, ...]
    owners: tuple[tuple[int, ...], ...]  # the posts, by position, that each item belongs to


def surfaces(posts: Sequence[Post], hashes: PictureHashes, folder: Path) -> list[Surface]:
    """Every surface on which items differ: where all pictures lie in one folder, folders tell nothing."""
    files = _owners(posts, lambda source: None if isinstance(source, bytes) else str(_inside(source, folder)))
    pictures = _owners(posts, lambda source: hashes.key_of[source])
    forms = _forms({key: source for source, key in hashes.key_of.items()})
    found = (
        _of_posts("post id", "characters", [post.id for post in posts]),
        _of_posts("time", "marks", [f"{post.time:%Y %Y-%m}" if post.time else None for post in posts]),
        _of_posts("filled columns", "marks", [_filled(post) for post in posts]),
        _of_posts("text length", "marks", [_length(post.text) for post in posts]),
        Surface("file name", "characters", tuple(Path(name).name for name in files), tuple(files.values())),
        Surface(
            "folder", "characters", tuple(str(Path(name).parent) for name in files), tuple(files.values())
        ),
        Surface("picture form", "marks", tuple(forms[key] for key in pictures), tuple(pictures.values())),
    )
    return [surface for surface in found if len(set(surface.items)) > 1]


def picture_form(source: ImageSource) -> str:
    """A picture's format, size, aspect and bytes as marks, without decoding it.

    Sizes stand there exactly and in half octaves (a factor of 1.41), so that both a habit of one camera and a
    general smallness can tell.
    """
    data = read_bytes(source)
    with Image.open(io.BytesIO(data)) as image:
        (width, height), name = image.size, image.format
    return (
        f"{name} {width}x{height} width:{_half_octave(width)} height:{_half_octave(height)} "
        f"aspect:{_half_octave(width / height)} bytes:{_half_octave(len(data))}"
    )


def _of_posts(name: str, read: Reading, values: Sequence[str | None]) -> Surface:
    items = {row: value for row, value in enumerate(values) if value is not None}
    return Surface(name, read, tuple(items.values()), tuple((row,) for row in items))


def _owners(posts: Sequence[Post], key: Callable[[ImageSource], str | None]) -> dict[str, tuple[int, ...]]:
    owners: dict[str, list[int]] = defaultdict(list)
    for row, post in enumerate(posts):
        for name in dict.fromkeys(map(key, post.images)):
            if name is not None:
                owners[name].append(row)
    return {name: tuple(rows) for name, rows in owners.items()}


def _forms(sources: dict[str, ImageSource]) -> dict[str, str]:
    forms = [form for _, form in in_parallel(picture_form, list(sources.values()), no_progress)]
    return dict(zip(sources, forms, strict=True))


def _inside(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _filled(post: Post) -> str:
    """In some data only the posts of one class have what was collected later."""
    columns = ("images", "event", "time", "language", "replies", "user")
    return " ".join(f"{column}:{bool(getattr(post, column))}" for column in columns)


def _length(text: str) -> str:
    return f"characters:{_half_octave(len(clean_text(text)) + 1)}"


def _half_octave(value: float) -> int:
    return round(2 * math.log2(value))
