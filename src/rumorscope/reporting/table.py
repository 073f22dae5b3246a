"""One table for every form of the report: shown to people in HTML and Markdown, kept exact in CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rumorscope.evaluation.bootstrap import Interval
from rumorscope.evaluation.significance import SeedEstimate

Kind = Literal["text", "count", "number", "signed", "chance", "interval", "estimate"]
NOTHING = "–"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$#])")


@dataclass(frozen=True)
class Column:
    """What a column holds: its heading, its name in CSV files, and the kind of its values."""

    title: str
    key: str
    kind: Kind = "text"

    @property
    def keys(self) -> tuple[str, ...]:
        """The CSV columns that this one becomes."""
        bounds = (f"{self.key}_low", f"{self.key}_high")
        if self.kind == "estimate":
            return (self.key, f"{self.key}_seed_deviation", *bounds)
        return bounds if self.kind == "interval" else (self.key,)


@dataclass(frozen=True)
class Table:
    """Values by row and column; the first column names the row. None stands for no value."""

    name: str  # of the CSV file, which holds the tables of this name for every data entry
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def shown(self) -> list[list[str]]:
        """Every value as people read it."""
        return [
            [show(value, column.kind) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]


def show(value: Any, kind: Kind = "text") -> str:
    """A value for people: three decimals, a true minus, an interval with its two ends."""
    if value is None:
        return NOTHING
    if kind == "estimate":
        return _estimate(value)
    if kind == "interval":
        return f"{number(value.low)} – {number(value.high)}"
    if kind == "chance":
        return "< 0.001" if value < 0.001 else number(value)
    if kind == "signed":
        return f"{'+' if value > 0 else ''}{number(value)}"
    if kind == "count":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return number(value) if kind == "number" else str(value)


def number(value: float) -> str:
    """Three decimals with a true minus, and never a minus before zero."""
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text.replace("-", "−")


def as_markdown(table: Table) -> str:
    """The table in GitHub's Markdown, its caption in front; nothing in it is markup."""
    heads = [markdown_text(column.title) for column in table.columns]
    rules = ["---" if column.kind == "text" else "---:" for column in table.columns]
    rows = [[markdown_text(cell) for cell in row] for row in table.shown()]
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows)]
    return "\n".join([f"**{markdown_text(table.caption)}**", "", *lines, ""])


def markdown_text(text: str) -> str:
    """Text of others as Markdown that shows it as it is, on one line."""
    line = " ".join(text.split())
    return _MARKDOWN.sub(r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;")


def write_csv(path: Path, tables: Sequence[tuple[str, Table]]) -> None:
    """Write tables of one kind, each beside its data entry's name, at full precision.

    Tables may differ in their columns, as those by event do; a row leaves empty what its table lacks.
    """
    keys = list(dict.fromkeys(key for _, table in tables for column in table.columns for key in column.keys))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["data", *keys], restval="")
        writer.writeheader()
        for data, table in tables:
            for row in table.rows:
                cells = zip(table.columns, row, strict=True)
                values = [pair for column, value in cells for pair in _exact(column, value)]
                writer.writerow({"data": data, **dict(values)})


def _exact(column: Column, value: Any) -> list[tuple[str, Any]]:
    if column.kind == "estimate":
        numbers = [value.mean, value.seed_deviation, *_ends(value.interval)]
    elif column.kind == "interval":
        numbers = _ends(value)
    else:
        numbers = [value]
    return list(zip(column.keys, ["" if one is None else one for one in numbers], strict=True))


def _ends(interval: Interval | None) -> list[float | None]:
    return [None, None] if interval is None else [interval.low, interval.high]


def _estimate(estimate: SeedEstimate) -> str:
    if estimate.mean is None:
        return f"{NOTHING} ({estimate.reason})" if estimate.reason else NOTHING
    spread = "" if estimate.seed_deviation is None else f" ± {number(estimate.seed_deviation)}"
    interval = "" if estimate.interval is None else f" ({show(estimate.interval, 'interval')})"
    return f"{number(estimate.mean)}{spread}{interval}"
