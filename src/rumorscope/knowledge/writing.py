"""Unsorted edges → the store's file: sorted by SQLite on disk, so that memory does not grow with them."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rumorscope.errors import InputError
from rumorscope.knowledge.store import APPLICATION_ID, FORMAT, ConceptStore, Source, backwards

_CACHE_KIBIBYTES = 16 << 10  # what sorting holds before it goes to disk

# nothing but a complete file is ever used, so that it needs no journal
_SETTINGS = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{_CACHE_KIBIBYTES};
"""
_SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE edges (
    head TEXT NOT NULL, relation TEXT NOT NULL, weight REAL NOT NULL, tail TEXT NOT NULL,
    PRIMARY KEY (head, relation, weight DESC, tail)
) WITHOUT ROWID;
CREATE TABLE terms (term TEXT PRIMARY KEY, edges INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE backwards (term TEXT PRIMARY KEY, edges INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_STAGED = "SELECT head, relation, tail, weight FROM staged.edges"
_BASE = "SELECT head, relation, tail, weight FROM base.edges"
_SORTED = """
INSERT INTO edges (head, relation, weight, tail)
SELECT head, relation, max(weight), tail FROM ({edges}) GROUP BY head, relation, tail;
CREATE INDEX edges_by_tail ON edges (tail, head);
"""
_TERMS = """
INSERT INTO terms
SELECT term, sum(count) FROM (
    SELECT head AS term, count(*) AS count FROM edges GROUP BY head
    UNION ALL SELECT tail AS term, count(*) AS count FROM edges INDEXED BY edges_by_tail GROUP BY tail
) GROUP BY term;
INSERT INTO backwards SELECT backwards(term) AS term, edges FROM terms ORDER BY 1;
"""


def write_store(
    to: Path, staged: Path, base: ConceptStore | None, languages: Sequence[str], sources: Sequence[Source]
) -> tuple[int, int]:
    """Write staged edges, and those of the store that stands there already; the numbers of edges and terms.

    The file takes its place when it is complete. Raises InputError where it cannot be written.
    """
    partial = to.with_name(f".{to.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with _writing(partial) as connection:
            counts = _fill(connection, staged, base, languages, sources)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(to)
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"cannot write {to}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return counts


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        connection.create_function("backwards", 1, backwards, deterministic=True)
        connection.executescript(_SETTINGS)
        yield connection
    finally:
        connection.close()


def _fill(
    connection: sqlite3.Connection,
    staged: Path,
    base: ConceptStore | None,
    languages: Sequence[str],
    sources: Sequence[Source],
) -> tuple[int, int]:
    connection.execute("ATTACH ? AS staged", (str(staged),))
    if base is not None:
        connection.execute("ATTACH ? AS base", (str(base.path),))
    edges = _STAGED if base is None else f"{_STAGED} UNION ALL {_BASE}"
    connection.executescript(_SCHEMA + _SORTED.format(edges=edges) + _TERMS)
    counted = "SELECT (SELECT count(*) FROM main.edges), (SELECT count(*) FROM terms)"
    edge_count, term_count = connection.execute(counted).fetchone()
    relations = "SELECT relation, count(*) FROM edges GROUP BY relation ORDER BY 2 DESC, 1"
    meta = {
        "languages": list(languages),
        "sources": [asdict(source) for source in sources],
        "fingerprint": _fingerprint(languages, sources),
        "edges": edge_count,
        "terms": term_count,
        "relations": dict(connection.execute(relations).fetchall()),
    }
    rows = [(key, json.dumps(value)) for key, value in meta.items()]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    connection.commit()
    return edge_count, term_count


def _fingerprint(languages: Sequence[str], sources: Sequence[Source]) -> str:
    """The same for the same sources and languages, whatever their order: they determine every edge."""
    parts = [str(FORMAT), *sorted(languages), *sorted(source.sha256 for source in sources)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
