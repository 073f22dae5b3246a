"""Uploaded files → verdicts and texts. They are untrusted: bounded, checked row by row, bad rows told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rumorscope.data.manifest import explain
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.readers import PostFile, json_lines

MAX_FILE_BYTES = 200_000_000
MAX_ROWS = 200_000


class Filed(BaseModel):
    """A row that `rumorscope score --out verdicts.jsonl` writes, without its evidence."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(max_length=1000)
    rumor_probability: float | None = Field(ge=0, le=1)
    label: Literal["rumor", "non_rumor"] | None
    abstained: str | None
    warning: str | None = None
    missing: str | None = None
    error: str | None
    detector: str
    checkpoint: str

    @model_validator(mode="after")
    def _judged_or_not(self) -> Filed:
        judged = self.rumor_probability is not None
        if judged != (self.label is not None) or judged == (self.error is not None):
            raise ValueError("a verdict has a probability and a label, or else an error")
        return self


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no verdict."""

    place: str  # "line 7"
    reason: str


@dataclass(frozen=True)
class VerdictFile:
    """A file of verdicts, read whole."""

    sha256: str
    verdicts: tuple[Filed, ...]
    bad: tuple[BadRow, ...]

    @cached_property
    def threshold(self) -> float:
        """From which probability on the file says rumor: 0.5, unless its labels say otherwise."""
        decided = [
            (found.rumor_probability, found.label)
            for found in self.verdicts
            if found.rumor_probability is not None
        ]
        highest_non_rumor = max((p for p, label in decided if label == "non_rumor"), default=0.0)
        lowest_rumor = min((p for p, label in decided if label == "rumor"), default=1.0)
        return min(max(0.5, highest_non_rumor), lowest_rumor)


def read_verdicts(path: Path) -> VerdictFile:
    """Read every line. Raises InputError where not one is a verdict, or there are too many."""
    verdicts: list[Filed] = []
    bad: list[BadRow] = []
    for place, values in json_lines(path):
        found = _filed(values)
        if isinstance(found, Filed):
            verdicts.append(found)
        else:
            bad.append(BadRow(place, found))
        if len(verdicts) + len(bad) > MAX_ROWS:
            raise InputError(f"more than {MAX_ROWS} rows; split the file")
    if not verdicts:
        first = f"; {bad[0].place}: {bad[0].reason}" if bad else ""
        raise InputError(f"no line is a verdict of `rumorscope score --out verdicts.jsonl`{first}")
    with path.open("rb") as file:
        return VerdictFile(hashlib.file_digest(file, "sha256").hexdigest(), tuple(verdicts), tuple(bad))


def read_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Each post's id and text, of a file as `rumorscope score` reads it; its pictures are not looked at."""
    for post in PostFile(path, image_root=Path(path.anchor)):
        if isinstance(post, Post) and post.text:
            yield post.id, post.text


def as_json(verdict: Filed) -> str:
    """The verdict as the queue keeps it."""
    return json.dumps(verdict.model_dump(), ensure_ascii=False)


def _filed(values: Any) -> Filed | str:
    if isinstance(values, str):
        return values
    try:
        return Filed.model_validate(values)
    except ValidationError as error:
        return explain(error)
