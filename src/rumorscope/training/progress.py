"""What a person sees while a detector trains: a bar with the losses and the rate, a line an epoch."""

from __future__ import annotations

from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Report(Protocol):
    """What the loop tells of its progress."""

    def encode(self, tower: str, done: int, total: int) -> None: ...

    def start_epoch(self, stage: str, epoch: int, epochs: int, steps: int, done: int) -> None: ...

    def step(self, losses: dict[str, float], posts_per_second: float) -> None: ...

    def end_epoch(self, row: dict[str, Any]) -> None: ...


class Silent:
    """Tells nothing: for tests, and for all processes but the main one."""

    def encode(self, tower: str, done: int, total: int) -> None:
        pass

    def start_epoch(self, stage: str, epoch: int, epochs: int, steps: int, done: int) -> None:
        pass

    def step(self, losses: dict[str, float], posts_per_second: float) -> None:
        pass

    def end_epoch(self, row: dict[str, Any]) -> None:
        pass


class ProgressBar:
    """A bar of the running epoch, and a line for each one that is over."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def encode(self, tower: str, done: int, total: int) -> None:
        self._show(f"frozen {tower} tower", done, total)

    def start_epoch(self, stage: str, epoch: int, epochs: int, steps: int, done: int) -> None:
        self._show(f"{stage}, epoch {epoch}/{epochs}", done, steps)

    def step(self, losses: dict[str, float], posts_per_second: float) -> None:
        shown = f"{_shown(losses)}  {posts_per_second:.0f} posts/s"
        for task in self._tasks.values():
            self._bar.update(task, advance=1, losses=shown)

    def end_epoch(self, row: dict[str, Any]) -> None:
        losses = f": {_shown(row['train'])}" if row["train"] else ""
        parts = [f"{row['stage']}, epoch {row['epoch']}{losses}"]
        if row["validation"]:
            parts.append(f"validation {_shown(row['validation'])}")
        if row["best"]:
            parts.append("best so far")
        self._bar.console.print(" | ".join(parts), highlight=False, markup=False, soft_wrap=True)

    def _show(self, description: str, done: int, total: int) -> None:
        """One bar at a time: a new description takes the place of the former."""
        if description not in self._tasks:
            for task in self._tasks.values():
                self._bar.remove_task(task)
            self._tasks = {description: self._bar.add_task(description, total=total, losses="")}
        self._bar.update(self._tasks[description], completed=done)


def _shown(values: dict[str, float]) -> str:
    """Losses and metrics in few digits; a total that is its only term is not said twice."""
    hidden = {"total"} if "total" in values and list(values.values()).count(values["total"]) > 1 else set()
    return " ".join(f"{name} {value:.3f}" for name, value in values.items() if name not in hidden)
