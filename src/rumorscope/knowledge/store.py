"""What is known, for looking up: one SQLite file that `rumorscope knowledge build` writes.

edges   (head, relation, weight, tail), so ordered that the heaviest of a head and a relation stand first; a
        second index goes by (tail, head)
terms   each term, and how many edges it has; `backwards` holds them from their last letter on, for matching
        them where they are misspelt
meta    languages, sources, counts
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from rumorscope.errors import InputError
from rumorscope.knowledge.locks import fork_safe_lock
from rumorscope.knowledge.terms import language_and_text, term_key
from rumorscope.post import Triple

APPLICATION_ID = 0x52756D53
FORMAT = 1
VARIABLE = "RUMORSCOPE_KNOWLEDGE"

_MORE_THAN_ANY = 1 << 32
_MOST_SCANNED = 20_000  # terms that begin alike: a few milliseconds, in which no other thread is served

_LOCK = fork_safe_lock()  # queries take microseconds: it serves all stores and threads


def default_store() -> Path:
    """Where the store is: at `RUMORSCOPE_KNOWLEDGE`, or else in the user's own folder for such things."""
    folder = platformdirs.user_data_path("rumorscope")
    return Path(os.environ.get(VARIABLE) or folder / "knowledge.sqlite")


@dataclass(frozen=True, slots=True)
class Known:
    """A triple of the store, in plain words."""

    triple: Triple
    weight: float  # above 0; 1 where the source gives none
    languages: tuple[str, str]  # of head and tail


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a store was made from."""

    name: str
    form: str
    sha256: str
    lines: int
    kept: int


class ConceptStore:
    """The read side. Any number of threads may ask one store; pickled, it opens its file anew.

    Raises InputError where the file is missing, is no store, or one of another format, and names the command
    that builds it.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = default_store() if path is None else Path(path)
        with _LOCK:
            self._open()
        try:
            meta = {key: json.loads(value) for key, value in self._ask("SELECT key, value FROM meta")}
            self.languages: tuple[str, ...] = tuple(meta["languages"])
            self.fingerprint: str = meta["fingerprint"]  # of its sources' content and languages
            self.edges: int = meta["edges"]
            self.terms: int = meta["terms"]
            self.relations: dict[str, int] = meta["relations"]  # how many edges each has, most first
            self.sources: tuple[Source, ...] = tuple(Source(**source) for source in meta["sources"])
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(self.path, error) from error

    def supporting(self, triple: Triple, most: int = 8) -> tuple[Known, ...]:
        """What KECL compares a claim with: known triples that share (head, relation) or (head, tail).

        The triple itself comes first, then those that share both ends, then those that share head and
        relation; within each the heaviest first, and ties by the alphabet. Ends are matched as `term_key`
        writes them, in every language of the store; `linking` brings free text to what the store knows.
        """
        heads, tails = self._keys(triple.head), self._keys(triple.tail)
        pairs = [
            row
            for head in heads
            for tail in tails
            for row in self._ask(f"{_EDGES} WHERE tail = ? AND head = ? {_HEAVIEST}", tail, head, most)
        ]
        same_start = [
            row
            for head in heads
            for row in self._ask(
                f"{_EDGES} WHERE head = ? AND relation = ? {_HEAVIEST}", head, triple.relation, most
            )
        ]
        pairs.sort(key=lambda row: (row[1] != triple.relation, *_heaviest_first(row)))
        rows = dict.fromkeys([*pairs, *sorted(same_start, key=_heaviest_first)])
        return tuple(map(_known, list(rows)[:most]))

    def about(self, term: str, most: int | None = None) -> tuple[Known, ...]:
        """All that is known with the term as head or as tail, the heaviest first."""
        limit = _MORE_THAN_ANY if most is None else most
        rows = [
            row
            for key in self._keys(term)
            for end in ("head", "tail")
            for row in self._ask(f"{_EDGES} WHERE {end} = ? {_HEAVIEST}", key, limit)
        ]
        return tuple(map(_known, sorted(set(rows), key=_heaviest_first)[:limit]))

    def degree(self, key: str) -> int:
        """How many edges a term has, in whichever place; 0 where it is unknown. The key is `term_key`'s."""
        rows = self._ask("SELECT edges FROM terms WHERE term = ?", key)
        return int(rows[0][0]) if rows else 0

    def beginning(self, key: str, lengths: range, most: int) -> list[tuple[str, int]]:
        """Terms that begin as the key does, and their degrees: at most so many, of so many characters.

        Of those that begin so only the first 20,000 in alphabetic order are looked at.
        """
        return self._range(_ALIKE, key, lengths, most)

    def ending(self, key: str, lengths: range, most: int) -> list[tuple[str, int]]:
        """Terms of the key's language that end as its text does, and their degrees."""
        rows = self._range(_ALIKE_BACKWARDS, backwards(key), lengths, most)
        return [(backwards(term), edges) for term, edges in rows]

    def close(self) -> None:
        """Give the file back; the store answers nothing afterwards."""
        with _LOCK:
            self._connection.close()

    def __enter__(self) -> ConceptStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[ConceptStore], tuple[Path]]:
        return ConceptStore, (self.path.absolute(),)

    def _range(self, query: str, key: str, lengths: range, most: int) -> list[tuple[str, int]]:
        end = f"{key}\U0010ffff"
        return self._ask(query, key, end, _MOST_SCANNED, lengths.start, lengths.stop - 1, most)

    def _keys(self, text: str) -> list[str]:
        keys = (term_key(text, language) for language in self.languages)
        return [key for key in keys if key is not None]

    def _open(self) -> None:
        self._connection = open_store(self.path)
        self._process = os.getpid()

    def _ask(self, query: str, *values: object) -> list[Any]:
        try:
            with _LOCK:
                if self._process != os.getpid():
                    self._open()  # a forked process must not share the file's handle
                return self._connection.execute(query, values).fetchall()
        except UnicodeEncodeError:  # half of a pair of characters: no text, and so nothing that is known
            return []
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error


_EDGES = "SELECT head, relation, tail, weight FROM edges"
_ALIKE = (
    "SELECT term, edges FROM"
    " (SELECT term, edges FROM terms WHERE term >= ? AND term < ? ORDER BY term LIMIT ?)"
    " WHERE length(term) BETWEEN ? AND ? LIMIT ?"
)
_ALIKE_BACKWARDS = _ALIKE.replace("terms", "backwards")
_HEAVIEST = "ORDER BY weight DESC, tail, head, relation LIMIT ?"


def open_store(path: Path) -> sqlite3.Connection:
    """A connection that can only read. Raises InputError where the file is no store of this format."""
    build = f"rumorscope knowledge build SOURCE --to {path}"
    if not path.is_file():
        raise InputError(f"there is no concept store at {path}; make one with: {build}")
    try:
        # immutable: a store is replaced, never changed, so that nothing needs to be locked
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise InputError(f"cannot open the concept store {path}: {error}") from error
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        application = version = None  # no database
    if (application, version) != (APPLICATION_ID, FORMAT):
        connection.close()
        known = application == APPLICATION_ID
        what = f"has format {version}, and this version reads {FORMAT}" if known else "is no concept store"
        raise InputError(f"{path} {what}; remove it, and make one with: {build}")
    return connection


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"the concept store {path} is damaged ({error}); remove it, and build it anew")


def backwards(key: str) -> str:
    """A term's key with its text from the last letter on."""
    language, text = language_and_text(key)
    return f"{language}/{text[::-1]}"


def _heaviest_first(row: Sequence[Any]) -> tuple[Any, ...]:
    head, relation, tail, weight = row
    return -weight, tail, head, relation


def _known(row: Iterable[Any]) -> Known:
    head, relation, tail, weight = row
    (head_language, head), (tail_language, tail) = language_and_text(head), language_and_text(tail)
    return Known(Triple(head, relation, tail), weight, (head_language, tail_language))
