"""What happened in each epoch, one JSON line an epoch, readable while the run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rumorscope.training.files import write_text_whole


class History:
    """The rows of `history.jsonl`; in memory only where `path` is None.

    A resumed run keeps the `rows` that its state knows of, and drops what was written after.
    """

    def __init__(self, path: Path | None, rows: int = 0) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path is None:
            return
        lines = path.read_text(encoding="utf-8").splitlines()[:rows] if path.is_file() else []
        self.rows = [json.loads(line) for line in lines]
        write_text_whole(path, "".join(f"{line}\n" for line in lines))

    def append(self, row: dict[str, Any]) -> None:
        """Write one row at once."""
        self.rows.append(row)
        if self.path is None:
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_history(run: Path) -> list[dict[str, Any]]:
    """The rows of a finished run's `history.jsonl`, in order."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
