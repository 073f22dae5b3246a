"""What an adapter says of each row, and the reading that several of them share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rumorscope.errors import InputError
from rumorscope.post import Post

BEIJING = timezone(timedelta(hours=8))
SPLITS = {"val": "validation", "valid": "validation", "dev": "validation"}
_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that became a post; its pictures are paths in the published folders."""

    post: Post
    split: str | None = None
    missing_images: tuple[str, ...] = ()  # named by the row, but not among the files
    needs_image: bool = False  # without any usable picture the row is dropped

    @property
    def images(self) -> tuple[Path, ...]:
        """The paths of its pictures."""
        return tuple(path for path in self.post.images if isinstance(path, Path))

    @property
    def mask(self) -> Path | None:
        """The path of the mask of where its picture was altered."""
        mask = self.post.manipulation and self.post.manipulation.mask
        return mask if isinstance(mask, Path) else None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that cannot be a post, and why."""

    row: str  # its id, or where it stands
    reason: str


def find_folder(source: Path, marks: Iterable[str], published: str) -> Path:
    """The folder that holds one of the named files: `source`, or one below it. Raises InputError."""
    marks = list(marks)
    if not source.is_dir():
        raise InputError(f"{source} is no folder; give the one that holds the dataset")
    below = [path for path in sorted(source.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    for folder in (source, *below):
        if any((folder / mark).exists() for mark in marks):
            return folder
    raise InputError(f"{source} holds none of {', '.join(marks)}; the dataset is published at {published}")


def split_name(name: str) -> str | None:
    """A published split's name as this project writes it: train, validation, test."""
    return SPLITS.get(name, name) or None


def image_files(folders: Iterable[Path], pattern: str) -> Iterator[Path]:
    """Every picture file in the folders, by its suffix, in the order of their names."""
    for folder in folders:
        for path in sorted(folder.glob(pattern)):
            if path.suffix.lower() in _IMAGE_SUFFIXES and not path.name.startswith("._"):
                yield path


def images_by_stem(*folders: Path) -> dict[str, Path]:
    """Every picture file in the folders, at any depth, by its lower-cased stem; the first folder wins."""
    found: dict[str, Path] = {}
    for path in image_files(folders, "**/*"):
        found.setdefault(path.stem.lower(), path)
    return found


def images_by_name(*folders: Path) -> dict[str, Path]:
    """Every picture file in the folders by its name; the first folder wins."""
    found: dict[str, Path] = {}
    for path in image_files(folders, "*"):
        found.setdefault(path.name, path)
    return found


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, without a byte-order mark; bytes that are not UTF-8 are left out."""
    try:
        with path.open(encoding="utf-8-sig", errors="ignore", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def names_in(path: Path) -> list[str]:
    """The non-empty lines of a list, such as a split's picture names; none where there is no such file."""
    return [line.strip() for line in lines(path) if line.strip()] if path.is_file() else []


def read_json(path: Path) -> Any:
    """A JSON file. Raises ValueError where it is broken, OSError where it cannot be read."""
    return json.loads(path.read_text(encoding="utf-8"))


def twitter_time(value: object) -> datetime | None:
    """A tweet's `created_at`, such as "Mon Oct 05 19:34:33 +0000 2015"; None where it is no such thing."""
    try:
        text = str(value).replace(": ", ":")  # a few rows of the MediaEval files have "23: 59: 22"
        return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return None


def beijing_time(value: object, form: str) -> datetime | None:
    """A Weibo time, which is Beijing's; None where it does not have the form."""
    try:
        return datetime.strptime(str(value), form).replace(tzinfo=BEIJING)
    except ValueError:
        return None


def unix_time(seconds: object) -> datetime | None:
    """A time in seconds since 1970; None where it is no number or beyond the calendar."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
