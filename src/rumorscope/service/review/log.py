"""The audit log: who decided what, when, on which verdict. Entries are added, never changed.

Each entry's hash is the SHA-256 of its other fields, as JSON in UTF-8 with sorted keys and without spaces.
One of these fields is the hash of the entry before, so nothing can be changed, removed or slipped in without
every later hash changing. Whoever can write the file could compute them all anew: note the head elsewhere to
rule that out.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rumorscope.errors import InputError

START = "0" * 64  # stands where the first entry has none before it
_FIELDS = (
    "entry", "time", "reviewer", "decision", "note", "item", "file_sha256", "verdict", "text_sha256",
    "previous", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the log is as it was written."""

    entries: int
    head: str  # the last entry's hash
    broken: int | None  # the first entry that does not fit; None where all do


def append(
    connection: sqlite3.Connection, item: int, *, reviewer: str, decision: str, note: str
) -> dict[str, Any]:
    """Add a decision on an item, within a transaction, and give the entry.

    Raises InputError where there is no such item.
    """
    judged = connection.execute(
        "SELECT verdict, text, sha256 FROM items JOIN files ON files.id = items.file WHERE items.id = ?",
        (item,),
    ).fetchone()
    if judged is None:
        raise InputError(f"there is no item {item} in the queue")
    last = connection.execute("SELECT entry, hash FROM decisions ORDER BY entry DESC LIMIT 1").fetchone()
    entry: dict[str, Any] = {
        "entry": last["entry"] + 1 if last else 1,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "reviewer": reviewer,
        "decision": decision,
        "note": note,
        "item": item,
        "file_sha256": judged["sha256"],
        "verdict": json.loads(judged["verdict"]),
        "text_sha256": None
        if judged["text"] is None
        else hashlib.sha256(judged["text"].encode()).hexdigest(),
        "previous": last["hash"] if last else START,
    }
    entry["hash"] = digest(entry)
    row = entry | {"verdict": judged["verdict"]}
    marks = ", ".join(f":{name}" for name in _FIELDS)
    connection.execute(f"INSERT INTO decisions ({', '.join(_FIELDS)}) VALUES ({marks})", row)  # noqa: S608  # own names
    return entry


def entries(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Every decision, the first one first."""
    for row in connection.execute(f"SELECT {', '.join(_FIELDS)} FROM decisions ORDER BY entry"):  # noqa: S608
        yield dict(row) | {"verdict": json.loads(row["verdict"])}


def verify(connection: sqlite3.Connection) -> Check:
    """Compute every hash anew, and see that each entry follows the one before."""
    head, number = START, 0
    for number, entry in enumerate(entries(connection), start=1):
        if entry["entry"] != number or entry["previous"] != head or entry["hash"] != digest(entry):
            return Check(number, head, broken=number)
        head = entry["hash"]
    written = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'decisions'").fetchone()
    cut = written is not None and written["seq"] != number  # SQLite remembers the highest number that it gave
    return Check(number, head, broken=number + 1 if cut else None)


def digest(entry: dict[str, Any]) -> str:
    """The hash of an entry, whose own `hash` is left out."""
    fields = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
