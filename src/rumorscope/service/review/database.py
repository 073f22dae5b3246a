"""The SQLite file of the review queue: what is in it, and how it is opened.

Decisions are only ever added: triggers refuse to change or to remove one, and each carries a hash over itself
and the one before (`log.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rumorscope.errors import InputError

_APPLICATION = 0x52756D52  # tells this program's files from other SQLite files
_FORMAT = 1
_BUSY_SECONDS = 30

_SCHEMA = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, loaded TEXT NOT NULL
);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files, post_id TEXT NOT NULL,
    verdict TEXT NOT NULL, probability REAL, abstained INTEGER NOT NULL, error INTEGER NOT NULL, doubt REAL,
    text TEXT
);
CREATE INDEX items_of_posts ON items (file, post_id);
CREATE TABLE bad_rows (
    file INTEGER NOT NULL REFERENCES files, place TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE decisions (
    entry INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, reviewer TEXT NOT NULL,
    decision TEXT NOT NULL, note TEXT NOT NULL, item INTEGER NOT NULL REFERENCES items,
    file_sha256 TEXT NOT NULL, verdict TEXT NOT NULL, text_sha256 TEXT, previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX decisions_of_items ON decisions (item, entry);
CREATE TRIGGER no_change BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER no_removal BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'the audit log is never cut'); END;
CREATE TRIGGER no_replacement BEFORE INSERT ON decisions
    WHEN EXISTS (SELECT 1 FROM decisions WHERE entry = NEW.entry)
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
"""


def create(path: Path) -> None:
    """Make the file if it is missing. Raises InputError where it cannot be written, or is something else."""
    try:
        with connected(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            with writing(connection):
                _build(connection, path)
    except sqlite3.Error as error:
        raise InputError(f"cannot use {path} for the review queue: {error}; name another file") from error


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one request, by one thread at a time: a streamed answer goes from thread to thread."""
    opened = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    with closing(opened) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a recorded decision survives a power cut
        yield connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and by one writer at a time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _build(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables == 0:
        for statement in _statements():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
        return
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION or version != _FORMAT:
        raise InputError(f"{path} is no review queue of this version of rumorscope; name another file")


def _statements() -> Iterator[str]:
    """One by one: `executescript` would commit in between."""
    statement = ""
    for line in _SCHEMA.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
