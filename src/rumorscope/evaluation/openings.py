"""How often a run has looked at test data: every look invites a choice that the test should not make.

Each evaluation on a split named "test" adds a line to `openings.jsonl` beside the run.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rumorscope.training.checkpoint import Checkpoint

OPENINGS = "openings.jsonl"


def record_opening(checkpoint: Checkpoint, data: str) -> int | None:
    """Note that a checkpoint's run saw the test posts of the manifest with fingerprint `data`.

    Returns how often it has, this time included; None where the folder cannot be written, as an installed
    package's.
    """
    path = _ledger(checkpoint.folder)
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data,
        "checkpoint": checkpoint.hash,
    }
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(f'"data": "{data}"' in line for line in lines)


def _ledger(checkpoint: Path) -> Path:
    """A run keeps the ledger beside its checkpoint; a checkpoint on its own keeps it inside."""
    run = checkpoint.parent
    return (run if (run / "history.jsonl").is_file() else checkpoint) / OPENINGS
