"""Figures that papers print, for reference beside measured ones, and why the two may not be comparable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rumorscope.config import Settings
from rumorscope.reporting.table import Column, Table

_ROUNDING = 0.0015  # what three printed decimals of precision, recall and F1 can explain


class _Row(Settings):
    name: str
    accuracy: float
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class _Dataset(Settings):
    name: str
    match: tuple[str, ...]
    source: str
    where: str
    cautions: tuple[str, ...]
    rows: tuple[_Row, ...]


class _Published(Settings):
    sources: dict[str, str]
    datasets: tuple[_Dataset, ...]


@dataclass(frozen=True)
class PublishedFigures:
    """What is printed for one dataset."""

    dataset: str
    source: str
    cautions: tuple[str, ...]
    table: Table


def published_figures(names: Sequence[str]) -> list[PublishedFigures]:
    """The printed figures for datasets that any of the given names (of data entries or folders) speaks of."""
    record = _record()
    found: dict[str, _Dataset] = {}
    for name in names:
        matching = [one for one in record.datasets if any(part in name.lower() for part in one.match)]
        found |= {one.name: one for one in matching[:1]}  # the most particular stands first
    return [_figures(one, record.sources[one.source]) for one in record.datasets if one.name in found]


def contradiction(row: _Row) -> str | None:
    """Whether a printed F1 is another than its precision and recall give, as no single class's can be."""
    if row.precision is None or row.recall is None or row.f1 is None:
        return None
    given = 2 * row.precision * row.recall / (row.precision + row.recall)
    if abs(given - row.f1) <= _ROUNDING:
        return None
    return f"precision and recall give F1 {given:.3f}, unless all three are means over classes"


def _figures(dataset: _Dataset, source: str) -> PublishedFigures:
    columns = (Column("system", "system"), Column("accuracy", "accuracy", "number"),
               Column("precision", "precision", "number"), Column("recall", "recall", "number"),
               Column("F1", "f1", "number"), Column("in doubt", "doubt"))  # fmt: skip
    rows = tuple(
        (row.name, row.accuracy, row.precision, row.recall, row.f1, contradiction(row))
        for row in dataset.rows
    )
    caption = f"{dataset.name} as printed in {dataset.where}; not measured here"
    return PublishedFigures(dataset.name, source, dataset.cautions,
                            Table("published", caption, columns, rows))  # fmt: skip


@cache
def _record() -> _Published:
    text = files("rumorscope.reporting").joinpath("published.json").read_text(encoding="utf-8")
    return _Published.parse(json.loads(text), where="published.json")
