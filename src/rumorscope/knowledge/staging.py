"""Edges read so far, unsorted, beside the store that they will be in, and how far each file has been read."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from rumorscope.errors import InputError
from rumorscope.knowledge.assertions import Edge

_COMMIT_EVERY = 100_000  # lines
_SCHEMA = """
CREATE TABLE edges (head TEXT, relation TEXT, tail TEXT, weight REAL);
CREATE TABLE progress (sha256 TEXT PRIMARY KEY, offset INTEGER, counts TEXT);
CREATE TABLE made_for (key TEXT);
"""


class Staging:
    """A context: one process at a time may add. What was made for another key is thrown away.

    Raises InputError where another process is at work, or nothing can be written.
    """

    def __init__(self, to: Path, key: str) -> None:
        self.path = to.with_name(f".{to.name}.staged")
        self._to, self._key = to, key
        self._lock = FileLock(to.with_name(f".{to.name}.lock"), timeout=0)
        self._at_commit = 0

    def __enter__(self) -> Staging:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as error:
            raise InputError(f"another process is building {self._to}; wait for it, or stop it") from error
        except OSError as error:
            raise InputError(f"cannot write {self._to}: {error.strerror or error}") from error
        try:
            self._begin()
        except (sqlite3.Error, OSError) as error:
            self._lock.release()
            raise InputError(f"cannot write {self.path}: {error}") from error
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()
        self._lock.release()  # the file stays: another process may have it open, and would lock a deleted one

    def progress(self, sha256: str) -> tuple[int, Counter[str]]:
        """Where to go on in a file, in bytes of its text, and what became of the lines before."""
        query = "SELECT offset, counts FROM progress WHERE sha256 = ?"
        row = self._connection.execute(query, (sha256,)).fetchone()
        offset, counts = (row[0], Counter(json.loads(row[1]))) if row else (0, Counter[str]())
        self._at_commit = counts.total()
        return offset, counts

    def add(self, edges: Sequence[Edge], sha256: str, offset: int, counts: Counter[str]) -> None:
        """Take edges, and now and then make sure that a kill cannot lose them."""
        try:
            self._connection.executemany("INSERT INTO edges VALUES (?, ?, ?, ?)", edges)
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self.path}: {error}") from error
        if counts.total() - self._at_commit >= _COMMIT_EVERY:
            self.save(sha256, offset, counts)

    def save(self, sha256: str, offset: int, counts: Counter[str]) -> None:
        """Make everything durable, with the place to go on from."""
        values = (sha256, offset, json.dumps(counts))
        try:
            self._connection.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", values)
            self._connection.commit()
        except sqlite3.Error as error:
            raise InputError(f"cannot write {self.path}: {error}") from error
        self._at_commit = counts.total()

    def discard(self) -> None:
        """Remove it all, once the store is complete."""
        self._connection.close()
        self._remove()

    def _begin(self) -> None:
        self._connection = sqlite3.connect(self.path)
        if not self._is_mine():
            self._connection.close()
            self._remove()
            self._connection = sqlite3.connect(self.path)
            self._connection.executescript(_SCHEMA)
            self._connection.execute("INSERT INTO made_for VALUES (?)", (self._key,))
            self._connection.commit()

    def _is_mine(self) -> bool:
        try:
            return self._connection.execute("SELECT key FROM made_for").fetchall() == [(self._key,)]
        except sqlite3.DatabaseError:  # new, or left unreadable by a power cut: the lines are read anew
            return False

    def _remove(self) -> None:
        for path in (self.path, self.path.with_name(f"{self.path.name}-journal")):
            path.unlink(missing_ok=True)
