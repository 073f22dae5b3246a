"""The queue: files of verdicts, a page of them in the order that a person wants, and decisions on them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rumorscope.errors import InputError
from rumorscope.service.review import log
from rumorscope.service.review.database import connected, create, writing
from rumorscope.service.review.loading import BadRow, Filed, VerdictFile, as_json

Order = Literal["uncertainty", "probability", "filed"]
Show = Literal["open", "reviewed", "undecided", "errors", "all"]
Decision = Literal["rumor", "non_rumor", "cannot_tell"]

BAD_ROWS_TOLD = 20

# Undecided ones first, then the nearest to the threshold; what could not be judged comes last.
_ORDERS: dict[Order, str] = {
    "uncertainty": "items.error, items.abstained DESC, items.doubt, items.id",
    "probability": "items.error, items.probability DESC, items.id",
    "filed": "items.id",
}
_SHOWN: dict[Show, str] = {
    "open": "latest.entry IS NULL",
    "reviewed": "latest.entry IS NOT NULL",
    "undecided": "items.abstained",
    "errors": "items.error",
    "all": "TRUE",
}
_LATEST = """FROM items LEFT JOIN decisions AS latest
    ON latest.entry = (SELECT max(entry) FROM decisions WHERE decisions.item = items.id)"""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file in the queue."""

    id: int
    name: str
    sha256: str
    loaded: str  # UTC
    rows: int
    texts: int  # rows whose text is known
    reviewed: int
    bad: int
    bad_rows: tuple[BadRow, ...]  # the first of them


@dataclass(frozen=True, slots=True)
class Item:
    """A verdict in the queue, and what a person last decided on it."""

    id: int
    file: int
    verdict: Filed
    text: str | None
    decision: dict[str, Any] | None  # entry, decision, note, reviewer, time
    earlier: int  # decisions that the last one superseded


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the items that were asked for."""

    items: tuple[Item, ...]
    total: int  # on all pages


class ReviewStore:
    """One SQLite file. Every call opens its own connection, so any thread may call."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where the file cannot be used."""
        create(path)
        self.path = path

    def add(self, name: str, file: VerdictFile) -> int:
        """Queue a file's verdicts; gives its number. A file that is there already is left as it is."""
        with self._writing() as connection:
            known = connection.execute("SELECT id FROM files WHERE sha256 = ?", (file.sha256,)).fetchone()
            if known is not None:
                return int(known["id"])
            now = datetime.now(UTC).isoformat(timespec="seconds")
            number = connection.execute(
                "INSERT INTO files (name, sha256, loaded) VALUES (?, ?, ?)", (name, file.sha256, now)
            ).lastrowid
            assert number is not None
            connection.executemany(
                "INSERT INTO items (file, post_id, verdict, probability, abstained, error, doubt) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                _rows(number, file),
            )
            connection.executemany(
                "INSERT INTO bad_rows VALUES (?, ?, ?)", ((number, bad.place, bad.reason) for bad in file.bad)
            )
            return number

    def add_texts(self, file: int, texts: Iterable[tuple[str, str]]) -> None:
        """Put texts beside the verdicts of a file, by the post's id; those already known stay."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE items SET text = ?2 WHERE file = ?3 AND post_id = ?1 AND text IS NULL",
                ((identifier, text, file) for identifier, text in texts),
            )

    def files(self) -> list[LoadedFile]:
        """All files, the latest first."""
        with connected(self.path) as connection:
            numbers = [row["id"] for row in connection.execute("SELECT id FROM files ORDER BY id DESC")]
            return [_file(connection, number) for number in numbers]

    def file(self, number: int) -> LoadedFile:
        """One file. Raises InputError where there is none of that number."""
        with connected(self.path) as connection:
            return _file(connection, number)

    def page(self, *, file: int | None, order: Order, show: Show, page: int, size: int) -> Page:
        """The items of a page, counted from 1."""
        where = f"{_LATEST} WHERE {_SHOWN[show]} AND (:file IS NULL OR items.file = :file)"
        query = (
            "SELECT items.*, latest.entry, latest.decision, latest.note, latest.reviewer, latest.time, "  # noqa: S608
            "(SELECT count(*) FROM decisions WHERE decisions.item = items.id) AS decisions "
            f"{where} ORDER BY {_ORDERS[order]} LIMIT :size OFFSET :skip"
        )
        values = {"file": file, "size": size, "skip": (page - 1) * size}
        with connected(self.path) as connection:
            (total,) = connection.execute(f"SELECT count(*) {where}", {"file": file}).fetchone()
            return Page(tuple(map(_item, connection.execute(query, values))), total)

    def decide(self, item: int, decision: Decision, *, reviewer: str, note: str = "") -> dict[str, Any]:
        """Add a decision to the log; it supersedes earlier ones on the item, which stay.

        Raises InputError where there is no such item.
        """
        with self._writing() as connection:
            return log.append(connection, item, reviewer=reviewer, decision=decision, note=note)

    def verify(self) -> log.Check:
        """Whether the log is as it was written."""
        with connected(self.path) as connection, reading(connection):
            return log.verify(connection)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry of the log, the first one first, as it stood when the first was taken."""
        with connected(self.path) as connection, reading(connection):
            yield from log.entries(connection)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with connected(self.path) as connection, writing(connection):
            yield connection


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One view of the file, whatever others write meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _rows(number: int, file: VerdictFile) -> Iterator[tuple[Any, ...]]:
    threshold = file.threshold
    for verdict in file.verdicts:
        p = verdict.rumor_probability
        doubt = None if p is None else abs(p - threshold)
        abstained, error = verdict.abstained is not None, verdict.error is not None
        yield number, verdict.id, as_json(verdict), p, abstained, error, doubt


def _file(connection: sqlite3.Connection, number: int) -> LoadedFile:
    row = connection.execute("SELECT * FROM files WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise InputError(f"there is no file {number} in the queue")
    counts = connection.execute(
        "SELECT count(*) AS rows, count(items.text) AS texts, count(latest.entry) AS reviewed "
        f"{_LATEST} WHERE items.file = ?",
        (number,),
    ).fetchone()
    (bad,) = connection.execute("SELECT count(*) FROM bad_rows WHERE file = ?", (number,)).fetchone()
    told = connection.execute(
        "SELECT place, reason FROM bad_rows WHERE file = ? LIMIT ?", (number, BAD_ROWS_TOLD)
    )
    return LoadedFile(**dict(row), **dict(counts), bad=bad, bad_rows=tuple(BadRow(*pair) for pair in told))


def _item(row: sqlite3.Row) -> Item:
    decision = None
    if row["entry"] is not None:
        decision = {name: row[name] for name in ("entry", "decision", "note", "reviewer", "time")}
    verdict = Filed.model_validate(json.loads(row["verdict"]))
    return Item(row["id"], row["file"], verdict, row["text"], decision, max(0, row["decisions"] - 1))
