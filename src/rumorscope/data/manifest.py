"""A dataset on disk: a folder with `metadata.jsonl`, one post a line, in the `imagefolder` convention.

`datasets.load_dataset("imagefolder", data_dir=FOLDER)` opens such a folder too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rumorscope.data.row import Row, explain, parse_row
from rumorscope.errors import InputError
from rumorscope.post import ImageSource, Post

__all__ = [
    "METADATA",
    "TEST",
    "Manifest",
    "Problem",
    "Row",
    "check_rows",
    "explain",
    "load_manifest",
    "load_rows",
    "write_rows",
]

METADATA = "metadata.jsonl"
TEST = "test"  # the split that nothing may be chosen by


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a manifest."""

    line: int  # from 1; 0 where it is about the whole file
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True)
class Manifest:
    """The posts of a folder, with the split that each was published in."""

    folder: Path
    posts: tuple[Post, ...]
    splits: tuple[str | None, ...]  # parallel to posts
    fingerprint: str  # SHA-256 of metadata.jsonl, which holds the pictures' hashes
    undivided: str | None = None  # the fingerprint that a manifest had before a split file divided it
    recorded: Mapping[ImageSource, str] = field(default_factory=dict, repr=False)  # picture → its SHA-256

    def split(self, name: str) -> list[Post]:
        """The posts of one split. Raises InputError for "test", and that names those present."""
        if name == TEST:
            raise InputError(
                f"the split '{TEST}' of {self.folder} opens through rumorscope.evaluation.openings.open_test "
                "alone, which counts how often a run looks at it"
            )
        posts = [post for post, split in zip(self.posts, self.splits, strict=True) if split == name]
        if not posts:
            raise InputError(f"{self.folder} has no split '{name}'; it has: {self.split_names}")
        return posts

    @property
    def origin(self) -> str:
        """The fingerprint of the posts and pictures, however they are divided."""
        return self.undivided or self.fingerprint

    @property
    def split_names(self) -> str:
        """The names of its splits, for a message."""
        return ", ".join(sorted({split for split in self.splits if split})) or "none"


def load_manifest(folder: Path) -> Manifest:
    """Read and check a folder's manifest. Raises InputError with the number of the first bad line.

    A process that reads the same content again, as for each cell of an experiment, gets what it read before.
    """
    try:
        fingerprint = hashlib.sha256((folder / METADATA).read_bytes()).hexdigest()
    except OSError:
        fingerprint = ""  # what is wrong is said where the rows are read
    return _parsed(folder, fingerprint)


@lru_cache(maxsize=8)
def _parsed(folder: Path, fingerprint: str) -> Manifest:
    rows = load_rows(folder)
    posts = tuple(row.post(folder) for row in rows)
    recorded: dict[ImageSource, str] = {
        folder / name: sha256
        for row in rows
        if row.images_sha256
        for name, sha256 in zip(row.images_file_names, row.images_sha256, strict=True)
    }
    return Manifest(folder, posts, tuple(row.split for row in rows), fingerprint, recorded=recorded)


def load_rows(folder: Path) -> list[Row]:
    """The rows of a folder's manifest. Raises InputError with the number of the first bad line."""
    rows: list[Row] = []
    for row in check_rows(folder):
        if isinstance(row, Problem):
            raise InputError(f"{folder / METADATA}, {row}")
        rows.append(row)
    if not rows:
        raise InputError(f"{folder / METADATA} holds no posts")
    return rows


def check_rows(folder: Path) -> Iterator[Row | Problem]:
    """Each line's row, or what is wrong with it: its form, a repeated id, a picture that is not there."""
    first_lines: dict[str, int] = {}
    present: dict[str, bool] = {}
    for number, line in enumerate(_lines(folder), start=1):
        try:
            row = parse_row(line)
        except InputError as error:
            yield Problem(number, str(error))
            continue
        missing = [name for name in row.file_names if not _is_present(folder, name, present)]
        if row.id in first_lines:
            yield Problem(
                number, f"the id '{row.id}' was used on line {first_lines[row.id]}; ids must differ"
            )
        elif missing:
            yield Problem(number, f"the image {missing[0]} is not in the folder")
        else:
            yield row
        first_lines.setdefault(row.id, number)


def write_rows(folder: Path, rows: Sequence[Row]) -> None:
    """Write `metadata.jsonl` whole or not at all. Posts with pictures come first.

    `datasets` takes each column's type from the first rows, and a list that is always empty has none.
    """
    unfinished = folder / f"{METADATA}.unfinished"
    with unfinished.open("w", encoding="utf-8") as file:
        for row in sorted(rows, key=lambda row: not row.images_file_names):
            file.write(json.dumps(row.written(), ensure_ascii=False) + "\n")
    unfinished.replace(folder / METADATA)


def _lines(folder: Path) -> Iterator[str]:
    path = folder / METADATA
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            yield from file
    except FileNotFoundError as error:
        raise InputError(f"{folder} holds no {METADATA}; make one with 'rumorscope data import'") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from error


def _is_present(folder: Path, name: str, known: dict[str, bool]) -> bool:
    if name not in known:
        path = (folder / name).resolve()  # a link must not lead out either
        known[name] = path.is_relative_to(folder.resolve()) and path.is_file()
    return known[name]
