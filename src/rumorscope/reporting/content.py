"""All that a report says, before it takes a form: one set of tables and sentences for HTML, Markdown, CSV."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from rumorscope.evaluation.experiments.results import Results
from rumorscope.reporting import sections as tables
from rumorscope.reporting import sentences
from rumorscope.reporting.curves import curve_figures
from rumorscope.reporting.drawing import Figure
from rumorscope.reporting.feature_map import feature_figures
from rumorscope.reporting.mistakes import Mistakes, worst_mistakes
from rumorscope.reporting.published import PublishedFigures, published_figures
from rumorscope.reporting.sections import Section, read_section
from rumorscope.reporting.sweeps import sweep_figures, sweep_keys, sweep_points, sweep_table
from rumorscope.reporting.table import Column, Table

_PACKAGES = ("rumorscope", "torch", "transformers", "scikit-learn", "numpy", "scipy")


@dataclass(frozen=True)
class DataReport:
    """One data entry with all that is shown of it. A table that has nothing to say is None."""

    section: Section
    facts: str | None
    supported: tuple[str, ...]
    results: Table | None
    metrics: Table | None
    against: tuple[Table, ...]  # each row minus the one that it is read against, by metric
    differences: tuple[Table, ...]  # the whole family of pairs, by metric
    lookups: Table | None
    overlaps: Table | None
    confusion: Table | None
    events: Table | None
    chosen: str | None
    sweep: Table | None
    sweep_record: Table | None  # the same with a column for each key, for CSV
    sweep_figures: tuple[Figure, ...]
    curves: tuple[Figure, ...]
    feature_maps: tuple[Figure, ...]
    mistakes: Mistakes | None

    @property
    def tables(self) -> Iterator[Table]:
        """Every table, for CSV files."""
        alone = (
            self.results,
            self.metrics,
            self.lookups,
            self.overlaps,
            self.confusion,
            self.events,
            self.sweep_record,
        )
        yield from (table for table in alone if table is not None)
        yield from self.differences
        yield from (figure.table for figure in self.curves if figure.table is not None)
        if self.mistakes is not None:
            yield self.mistakes.table


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    kind: str
    summary: str
    warnings: tuple[str, ...]
    styles: Mapping[str, int]  # the number of each row's color and line
    data: tuple[DataReport, ...]
    published: tuple[PublishedFigures, ...]
    cells: Table
    experiment: Mapping[str, Any]
    runs: Mapping[str, Any]  # by row: the configuration of its first training
    command: str
    versions: Mapping[str, str]


def read_report(results: Results, *, pictures: bool) -> Report:
    """Measure, compare and draw an experiment's results."""
    styles = {row: number for number, row in enumerate(results.row_names)}
    names = results.data_names
    data = [
        _read_data(results, read_section(results, name, number), styles, pictures=pictures)
        for number, name in enumerate(names, start=1)
    ]
    found = [one.section for one in data]
    folders = {folder.name for cell in results.cells for folder in cell.cell.run.data.folders}
    return Report(
        title=results.title,
        kind=results.kind,
        summary=sentences.summary(results, found),
        warnings=tuple(sentences.warnings(found)),
        styles=styles,
        data=tuple(data),
        published=tuple(published_figures([*names, *sorted(folders)])),
        cells=_cells_table(results),
        experiment=results.experiment,
        runs=_first_runs(results),
        command=f"rumorscope {results.kind} CONFIG",
        versions={"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )


def _read_data(
    results: Results, section: Section, styles: Mapping[str, int], *, pictures: bool
) -> DataReport:
    rows, anchor, audit = section.rows, section.anchor, section.audit
    points = sweep_points(results, section.name) if results.kind == "sweep" else []
    chosen = results.chosen.get(section.name)
    return DataReport(
        section=section,
        facts=sentences.facts(section) if rows else None,
        supported=tuple(sentences.supported(section)),
        results=tables.results_table(section) if rows else None,
        metrics=tables.metrics_table(section) if rows else None,
        against=tuple(
            table for metric in tables.COMPARED if (table := tables.against_table(section, metric))
        ),
        differences=tuple(tables.differences_table(found) for found in section.differences.values() if found),
        lookups=tables.lookups_table(audit) if audit and audit.lookups else None,
        overlaps=tables.overlaps_table(audit) if audit and audit.overlaps else None,
        confusion=tables.confusion_table(section) if rows else None,
        events=tables.events_table(section),
        chosen=sentences.chosen(results, section.name),
        sweep=sweep_table(points, chosen) if points else None,
        sweep_record=sweep_table(points, chosen, sweep_keys(points)) if points else None,
        sweep_figures=tuple(sweep_figures(anchor, points, chosen)),
        curves=tuple(curve_figures(section, styles)) if rows else (),
        feature_maps=tuple(feature_figures(anchor, results, section.name)),
        mistakes=worst_mistakes(results, section.name, section.estimates, pictures=pictures),
    )


def _first_runs(results: Results) -> dict[str, Any]:
    runs: dict[str, Any] = {}
    for result in results.cells:
        if result.cell.row not in runs:
            runs[result.cell.row] = result.cell.run.model_dump(mode="json")
    return runs


def _cells_table(results: Results) -> Table:
    columns = (
        Column("detector", "row"),
        Column("data", "on"),
        Column("fold", "fold"),
        Column("seed", "seed", "count"),
        Column("validation AUC", "validation_auc", "number"),
        Column("test opened", "openings", "count"),
        Column("seconds", "seconds", "count"),
        Column("key", "key"),
    )
    rows: list[tuple[Any, ...]] = [
        (
            r.cell.row,
            r.cell.data,
            r.cell.fold,
            r.cell.seed,
            r.validation.get("auc"),
            r.openings,
            r.seconds,
            r.key[:16],
        )
        for r in results.cells
    ]
    rows += [(f.cell.row, f.cell.data, f.cell.fold, f.cell.seed, None, None, None, f"failed: {f.error}")
             for f in results.failures]  # fmt: skip
    return Table(
        "cells", "Every training: its key is the hash of all that decides its outcome", columns, tuple(rows)
    )
