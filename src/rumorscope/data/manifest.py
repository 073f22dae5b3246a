"""A dataset on disk: a folder with `metadata.jsonl`, one post a line, in the `imagefolder` convention.

`datasets.load_dataset("imagefolder", data_dir=FOLDER)` opens such a folder too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from rumorscope.errors import InputError
from rumorscope.post import Label, Post, Reply

METADATA = "metadata.jsonl"
LABELS = {"rumor": Label.RUMOR, "non_rumor": Label.NON_RUMOR}
_FILE_COLUMNS = ("images_file_names", "file_names", "images_file_name", "image_file_name", "file_name")


def _text_id(value: Any) -> Any:
    return str(value) if type(value) is int else value  # other tools write ids as numbers


def _label(value: Any) -> Any:
    if value in ("", None):
        return None
    if isinstance(value, str) and value.replace("-", "_") in LABELS:
        return LABELS[value.replace("-", "_")]
    if type(value) in (int, Label) and value in (0, 1):
        return Label(value)
    raise ValueError("unknown label; use 1 or 'rumor', 0 or 'non_rumor', or null")


def _nothing_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _utc_if_naive(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _whole_characters(value: str) -> str:
    """JSON can hold half a character (a lone surrogate), which no file and no tokenizer takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


Text = Annotated[str, AfterValidator(_whole_characters)]
Identifier = Annotated[Text, Field(min_length=1), BeforeValidator(_text_id)]
Name = Annotated[Text | None, BeforeValidator(_nothing_if_empty)]
Time = Annotated[datetime | None, BeforeValidator(_nothing_if_empty)]


class ReplyRow(BaseModel):
    """One answer in a post's thread, as a manifest holds it."""

    model_config = ConfigDict(frozen=True)

    id: Identifier
    text: Text
    parent: Name = None
    time: Time = None
    user: Name = None

    def reply(self) -> Reply:
        return Reply(self.id, self.text, self.parent, _utc_if_naive(self.time), self.user)


class Row(BaseModel):
    """One line of a manifest. Columns that it does not know are left alone."""

    model_config = ConfigDict(frozen=True)

    id: Identifier
    text: Text
    images_file_names: tuple[str, ...] = ()  # relative to the folder, with forward slashes
    images_sha256: tuple[str, ...] = ()  # of the files, in the same order, or empty
    label: Annotated[Label | None, BeforeValidator(_label)] = None
    split: Name = None
    event: Name = None
    time: Time = None
    language: Name = None
    replies: tuple[ReplyRow, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_file_column(cls, values: Any) -> Any:
        """Take any of the columns that name files: a list, a single name, or null."""
        if not isinstance(values, dict):
            return values
        used = [column for column in _FILE_COLUMNS if values.get(column)]
        if len(used) > 1:
            raise ValueError(f"both {used[0]} and {used[1]} name files; keep one")
        names = values[used[0]] if used else ()
        rest = {key: value for key, value in values.items() if key not in _FILE_COLUMNS}
        rest = {key: value for key, value in rest.items() if key not in ("replies", "images_sha256") or value}
        return rest | {"images_file_names": (names,) if isinstance(names, str) else names}

    @model_validator(mode="after")
    def _files_are_inside(self) -> Row:
        for name in self.images_file_names:
            if not is_inside(name):
                raise ValueError(f"the file name {name!r} leads out of the folder; use a path relative to it")
        if self.images_sha256 and len(self.images_sha256) != len(self.images_file_names):
            raise ValueError("images_sha256 must hold one hash for each image file")
        return self

    def post(self, folder: Path) -> Post:
        """The post, its pictures as paths below `folder`."""
        return Post(
            id=self.id,
            text=self.text,
            images=tuple(folder / name for name in self.images_file_names),
            label=self.label,
            event=self.event,
            time=_utc_if_naive(self.time),
            language=self.language,
            replies=tuple(row.reply() for row in self.replies),
        )


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

    def split(self, name: str) -> list[Post]:
        """The posts of one split. Raises InputError that names those present."""
        posts = [post for post, split in zip(self.posts, self.splits, strict=True) if split == name]
        if not posts:
            present = ", ".join(sorted({split for split in self.splits if split})) or "none"
            raise InputError(f"{self.folder} has no split '{name}'; it has: {present}")
        return posts


def load_manifest(folder: Path) -> Manifest:
    """Read and check a folder's manifest. Raises InputError with the number of the first bad line."""
    rows = load_rows(folder)
    fingerprint = hashlib.sha256((folder / METADATA).read_bytes()).hexdigest()
    posts = tuple(row.post(folder) for row in rows)
    return Manifest(folder, posts, tuple(row.split for row in rows), fingerprint)


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
        missing = [name for name in row.images_file_names if not _is_present(folder, name, present)]
        if row.id in first_lines:
            yield Problem(
                number, f"the id '{row.id}' was used on line {first_lines[row.id]}; ids must differ"
            )
        elif missing:
            yield Problem(number, f"the image {missing[0]} is not in the folder")
        else:
            yield row
        first_lines.setdefault(row.id, number)


def parse_row(line: str) -> Row:
    """One JSON line as a row. Raises InputError that says what is wrong, and with what value."""
    try:
        return Row.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON: {error}") from error
    except RecursionError as error:
        raise InputError("not valid JSON: nested too deeply") from error
    except ValidationError as error:
        raise InputError(explain(error)) from error


def explain(error: ValidationError) -> str:
    """What is wrong with a row: each key, its value cut short, and what it should be."""
    parts = []
    for problem in error.errors(include_url=False):
        key = ".".join(map(str, problem["loc"]))
        message = problem["msg"].removeprefix("Value error, ")
        value = "" if problem["type"] == "missing" else f" = {_short(problem['input'])}"
        parts.append(f"{key}{value}: {message}" if key else message)
    return "; ".join(parts)


def write_rows(folder: Path, rows: Sequence[Row]) -> None:
    """Write `metadata.jsonl` whole or not at all. Posts with pictures come first.

    `datasets` takes each column's type from the first rows, and a list that is always empty has none.
    """
    unfinished = folder / f"{METADATA}.unfinished"
    with unfinished.open("w", encoding="utf-8") as file:
        for row in sorted(rows, key=lambda row: not row.images_file_names):
            file.write(json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + "\n")
    unfinished.replace(folder / METADATA)


def is_inside(name: str) -> bool:
    """Whether a file name, joined to a folder, stays below it on every system."""
    paths = (PurePosixPath(name), PureWindowsPath(name))
    leads_away = any(path.anchor or ".." in path.parts for path in paths)
    return bool(paths[0].parts) and not leads_away and "://" not in name and "\0" not in name


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


def _short(value: Any, longest: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
