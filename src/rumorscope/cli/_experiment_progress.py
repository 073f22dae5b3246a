"""A bar over the cells of an experiment, what runs now under it, and a line for each cell that is over."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rumorscope.evaluation.experiments.cells import Job

SHOWN = 3  # running cells that are named


class CellProgress:
    """Is told by the engine when cells start and end."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("cells"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[running]}", markup=False),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None
        self._started: dict[str, float] = {}
        self._names: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, total: int) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task("", total=total, running="", visible=total > 0)

    def started(self, job: Job) -> None:
        self._started[job.key], self._names[job.key] = time.monotonic(), job.cell.name
        self._show()

    def ended(self, job: Job, error: str | None) -> None:
        seconds = time.monotonic() - self._started.pop(job.key)
        outcome = f"failed: {error}" if error else f"{seconds:.0f} s"
        self._bar.console.print(f"{self._names.pop(job.key)}: {outcome}", highlight=False, markup=False)
        self._show(advance=1)

    def _show(self, advance: int = 0) -> None:
        names = list(self._names.values())
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        assert self._task is not None
        self._bar.update(self._task, advance=advance, running="; ".join(names[:SHOWN]) + more)
