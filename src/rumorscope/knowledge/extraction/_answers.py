"""Answers of chat endpoints, and the tokens spent on them: one SQLite file, shared by all processes.

Keys are hashes, so that no post's text stands in it; what a model answered, cleaned, does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from rumorscope.data.caching import VARIABLE, cache_folder
from rumorscope.errors import InputError

_APPLICATION_ID = 0x52756D41
_FORMAT = 1
_WAIT_SECONDS = 30.0
_SCHEMA = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_FORMAT}",
    "CREATE TABLE answers (key BLOB PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE spent (only INTEGER PRIMARY KEY CHECK (only = 1), tokens INTEGER NOT NULL)",
    "INSERT INTO spent VALUES (1, 0)",
)


class Answers:
    """A connection for each question: threads and forked processes share nothing.

    Raises InputError where the file cannot be made, or is another program's; later trouble with it is a
    sqlite3.Error.
    """

    def __init__(self) -> None:
        self.path = cache_folder() / "claims" / "answers.sqlite"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # what posts claim is nobody else's
            with self._connected() as connection:
                self._prepare(connection)
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"cannot keep the answers of chat endpoints in {self.path}: {error}; "
                f"name a folder that can be written in the variable {VARIABLE}"
            ) from error

    def get(self, key: bytes) -> str | None:
        """The answer that was kept."""
        with self._connected() as connection:
            row = connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None or not isinstance(row[0], str) else row[0]

    def keep(self, key: bytes, answer: str) -> None:
        """Keep an answer; what stood there is replaced."""
        with self._connected() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, answer))

    def spend(self, tokens: int) -> None:
        """Count tokens, those of every process together."""
        with self._connected() as connection:
            connection.execute("UPDATE spent SET tokens = tokens + ?", (tokens,))

    def spent(self) -> int:
        """Tokens since the file was made."""
        with self._connected() as connection:
            return int(connection.execute("SELECT tokens FROM spent").fetchone()[0])

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        opened = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)
        with closing(opened) as connection:
            yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._is_ready(connection):
            return
        connection.execute("BEGIN IMMEDIATE")  # one process makes the tables, and the others find them
        if not self._is_ready(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")

    def _is_ready(self, connection: sqlite3.Connection) -> bool:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if (application, version) == (0, 0):
            return False
        if (application, version) != (_APPLICATION_ID, _FORMAT):
            raise InputError(f"{self.path} is no cache of this version's answers; move it away")
        return True
