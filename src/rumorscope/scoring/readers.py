"""JSON lines, CSV, Parquet or a manifest's folder → posts, one at a time, whatever the file's length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.manifest import METADATA
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.raw_rows import FORMATS, START, Mark
from rumorscope.scoring.rows import read_post
from rumorscope.scoring.scorer import BadPost


class PostFile:
    """A file of posts. Its rows are read anew, from the first, by every iteration."""

    def __init__(self, path: Path, image_root: Path | None = None) -> None:
        """Pictures' paths are relative to `image_root` (the file's folder) and must stay inside it.

        Raises InputError where the file is missing or of an unknown kind.
        """
        self.path = path / METADATA if path.is_dir() else path
        if self.path.suffix not in FORMATS:
            raise InputError(f"'{path}' is none of {', '.join(FORMATS)}; convert it to one of them")
        if not self.path.is_file():
            raise InputError(f"there is no file {self.path}")
        self.image_root = image_root or self.path.parent
        if not self.image_root.is_dir():
            raise InputError(f"there is no folder {self.image_root}")
        self._format = FORMATS[self.path.suffix]

    def __iter__(self) -> Iterator[Post | BadPost]:
        return self.after(START)

    def after(self, mark: Mark) -> Iterator[Post | BadPost]:
        """The posts from a mark on, as if the rows before it had been read."""
        for place, values in self._format.rows(self.path, mark):
            if isinstance(values, str):
                yield BadPost(place, f"{place}: {values}")
            else:
                yield read_post(values, self.image_root, place=place)

    def marks(self, start: Mark = START) -> Iterator[Mark]:
        """Where each row begins, from a mark on."""
        return self._format.marks(self.path, start)

    def count(self) -> int:
        """How many rows there are: read from Parquet's footer, counted elsewhere."""
        return self._format.count(self.path)

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes. The pictures are not part of it."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def names_post_file(argument: str) -> bool:
    """Whether a command's argument means a file of posts or a manifest's folder, and not a post's text.

    A single word that ends like a file of posts means one even where it is missing: nobody posts "x.jsonl".
    """
    if not argument.strip():
        return False
    path = Path(argument)
    try:
        if path.suffix in FORMATS:
            return path.is_file() or not argument.split()[1:]
        return path.is_dir() and (path / METADATA).is_file()
    except OSError:  # a text that is too long for a path
        return False
