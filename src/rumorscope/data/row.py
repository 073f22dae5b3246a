"""One line of a manifest: its columns, what is accepted in them, and how a fault in one is explained."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

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
from rumorscope.post import Label, Manipulation, Post, Reply

LABELS = {"rumor": Label.RUMOR, "non_rumor": Label.NON_RUMOR}
_FILE_COLUMNS = ("images_file_names", "file_names", "images_file_name", "image_file_name", "file_name")
_FORGERY_COLUMNS = {"tampered", "tampering", "mask_file_name", "mask_sha256"}


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


def whole_characters(value: str) -> str:
    """JSON can hold half a character (a lone surrogate), which no file and no tokenizer takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


Text = Annotated[str, AfterValidator(whole_characters)]
Identifier = Annotated[str, Field(min_length=1), AfterValidator(whole_characters), BeforeValidator(_text_id)]
Name = Annotated[Text | None, BeforeValidator(_nothing_if_empty)]
User = Annotated[Name, BeforeValidator(_text_id)]
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
    user: User = None
    tampered: bool | None = None  # whether the one picture was altered; null where nobody has said
    tampering: Annotated[Literal["copy_move", "splice"] | None, BeforeValidator(_nothing_if_empty)] = None
    mask_file_name: Name = None  # white where it was altered
    mask_sha256: Name = None

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
        for name in self.file_names:
            if not is_inside(name):
                raise ValueError(f"the file name {name!r} leads out of the folder; use a path relative to it")
        if self.images_sha256 and len(self.images_sha256) != len(self.images_file_names):
            raise ValueError("images_sha256 must hold one hash for each image file")
        return self

    @model_validator(mode="after")
    def _forgery_is_of_one_picture(self) -> Row:
        if self.tampering and not self.tampered:
            raise ValueError("tampering says how a picture was altered, and needs tampered = true")
        if self.mask_sha256 and not self.mask_file_name:
            raise ValueError("mask_sha256 is of a mask, and no mask_file_name names one")
        if self.mask_file_name and (self.tampered is None or len(self.images_file_names) != 1):
            raise ValueError("a mask is of one picture: name exactly one, and whether it is tampered")
        return self

    @property
    def file_names(self) -> tuple[str, ...]:
        """Every file that it names: its pictures, then its mask."""
        return (*self.images_file_names, *([self.mask_file_name] if self.mask_file_name else []))

    def written(self) -> dict[str, Any]:
        """Its columns for a JSON line; those of forgery sets only where it is of one."""
        return self.model_dump(mode="json", exclude=_FORGERY_COLUMNS if self.tampered is None else None)

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
            user=self.user,
            manipulation=self._manipulation(folder),
        )

    def _manipulation(self, folder: Path) -> Manipulation | None:
        if self.tampered is None:
            return None
        mask = folder / self.mask_file_name if self.mask_file_name else None
        return Manipulation(self.tampered, self.tampering, mask)


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


def is_inside(name: str) -> bool:
    """Whether a file name, joined to a folder, stays below it on every system."""
    paths = (PurePosixPath(name), PureWindowsPath(name))
    leads_away = any(path.anchor or ".." in path.parts for path in paths)
    return bool(paths[0].parts) and not leads_away and "://" not in name and "\0" not in name


def _short(value: Any, longest: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
