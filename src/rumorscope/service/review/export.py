"""The audit log as files: JSON lines that can be verified, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

CSV_COLUMNS = (
    "entry", "time", "reviewer", "decision", "note", "post_id", "rumor_probability", "label", "abstained",
    "warning", "error", "detector", "checkpoint", "file_sha256", "text_sha256", "previous", "hash",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_rows(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An entry a line."""
    for entry in entries:
        yield json.dumps(entry, ensure_ascii=False) + "\n"


def csv_rows(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A header and an entry a row; no cell is a formula to a spreadsheet."""
    yield _csv(CSV_COLUMNS)
    for entry in entries:
        verdict = entry["verdict"]
        values = verdict | entry | {"post_id": verdict["id"]}
        yield _csv(_harmless(values[name]) for name in CSV_COLUMNS)


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would compute gets an apostrophe before it, which spreadsheets do not show."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def _csv(values: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
