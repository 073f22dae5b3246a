"""Verdict files as `rumorscope score --out` writes them, small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CHECKPOINT = "1860a1ffa2a72694"


def row(identifier: str, probability: float | None, **changes: Any) -> dict[str, Any]:
    """One verdict as plain values; the threshold is 0.5, and from 0.4 to 0.6 it abstains."""
    undecided = probability is not None and 0.4 < probability < 0.6
    label = None if probability is None else "rumor" if probability >= 0.5 else "non_rumor"
    values = {
        "id": identifier,
        "rumor_probability": probability,
        "label": label,
        "abstained": "too near the threshold" if undecided else None,
        "warning": None,
        "missing": None,
        "error": "the picture is cut off" if probability is None else None,
        "detector": "micc",
        "checkpoint": CHECKPOINT,
    }
    return values | changes


ROWS = (row("sure", 0.97), row("near", 0.62), row("torn", 0.45), row("calm", 0.03), row("cut", None))


def write(path: Path, rows: tuple[dict[str, Any] | str, ...] = ROWS) -> Path:
    """A line for each row; a string is a line as it stands."""
    lines = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
