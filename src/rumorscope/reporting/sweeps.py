"""How a metric moves with the settings of a sweep: on validation posts, and on test where that was opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rumorscope.evaluation.experiments.results import CellResult, Results
from rumorscope.evaluation.metrics import Floats
from rumorscope.evaluation.predictions import Predictions
from rumorscope.evaluation.resampled import measure_called
from rumorscope.evaluation.significance import SeedEstimate
from rumorscope.evaluation.tables import readable
from rumorscope.reporting.drawing import SERIES, Figure, canvas, inline_svg
from rumorscope.reporting.table import Column, Table, number

SWEPT = ("accuracy", "macro_f1", "auc")
_READABLE_TICKS = 9  # on 340 units


@dataclass(frozen=True)
class Point:
    """One setting: the values of each metric on each part, one a cell (seed and fold)."""

    row: str
    settings: Mapping[str, Any]
    values: Mapping[tuple[str, str], Sequence[float]]  # by part ("validation" or "test") and metric

    def mean(self, part: str, metric: str) -> float | None:
        found = self.values.get((part, metric))
        return float(np.mean(found)) if found else None

    def deviation(self, part: str, metric: str) -> float | None:
        found = self.values.get((part, metric), ())
        return float(np.std(found, ddof=1)) if len(found) > 1 else None

    def estimate(self, part: str, metric: str) -> SeedEstimate:
        """Without an interval: validation posts serve every setting, so it would promise too much."""
        cells = len(self.values.get((part, metric), ()))
        return SeedEstimate(self.mean(part, metric), None, self.deviation(part, metric), cells)


def sweep_points(results: Results, data: str) -> list[Point]:
    """The settings of a data entry in the order of the sweep."""
    return [_point(row, cells) for row in results.row_names if (cells := results.of(row, data))]


def sweep_keys(points: Sequence[Point]) -> list[str]:
    """The settings that differ between points."""
    keys = dict.fromkeys(key for point in points for key in point.settings)
    return [key for key in keys if len({_told(point.settings.get(key)) for point in points}) > 1]


def sweep_table(points: Sequence[Point], chosen: str | None, keys: Sequence[str] = ()) -> Table:
    """A line for each setting, with its value of each of `keys`, and which of them was chosen."""
    measured = [(part, metric) for part in _parts(points) for metric in SWEPT]
    columns = [Column("setting", "row"), *(Column(key, f"setting {key}") for key in keys)]
    columns += [
        Column(f"{part} {readable(metric)}", f"{part}_{metric}", "estimate") for part, metric in measured
    ]
    rows = tuple(
        (
            point.row,
            *(_told(point.settings.get(key)) for key in keys),
            *(point.estimate(*one) for one in measured),
            "chosen" if point.row == chosen else "",
        )
        for point in points
    )
    caption = "Mean ± standard deviation over seeds and folds"
    return Table("sweep", caption, (*columns, Column("", "chosen")), rows)


def sweep_figures(name: str, points: Sequence[Point], chosen: str | None) -> list[Figure]:
    """A curve over one key, a heat map over two; nothing to draw for other numbers of keys."""
    keys = sweep_keys(points)
    parts = [(part, metric) for part in _parts(points) for metric in SWEPT]
    if len(keys) == 1 and len(points) > 1:
        return [_curve(f"{name}-sweep-{metric}", points, keys[0], metric, chosen) for metric in SWEPT]
    if len(keys) == 2:
        return [_map(f"{name}-sweep-{part}-{metric}", points, keys, part, metric) for part, metric in parts]
    return []


def _point(row: str, cells: Sequence[CellResult]) -> Point:
    values: dict[tuple[str, str], list[float]] = {}
    for result in cells:
        found = {
            ("validation", metric): result.validation[metric]
            for metric in SWEPT
            if metric in result.validation
        }
        if result.predictions is not None and result.thresholds is not None:
            found |= {
                ("test", metric): value for metric, value in _tested(result.predictions, result.thresholds)
            }
        for key, value in found.items():
            values.setdefault(key, []).append(value)
    return Point(row, cells[0].cell.settings, values)


def _tested(predictions: Predictions, thresholds: Floats) -> Iterator[tuple[str, float]]:
    labels, answers = predictions.labels, predictions.probabilities
    once = np.ones((1, len(labels)))
    measured = measure_called(labels, answers, answers >= thresholds, once, SWEPT)
    yield from ((metric, float(value)) for metric, [value] in measured.items() if not np.isnan(value))


def _parts(points: Sequence[Point]) -> list[str]:
    parts = {part for point in points for part, _ in point.values}
    return [part for part in ("validation", "test") if part in parts]


def _curve(name: str, points: Sequence[Point], key: str, metric: str, chosen: str | None) -> Figure:
    label = f"{readable(metric).capitalize()} for each value of {key}; the numbers follow as a table."
    values = [point.settings.get(key) for point in points]
    places, numeric = _places(values)
    with canvas(height=230) as (figure, axes):
        for color, part in zip(SERIES, _parts(points), strict=False):
            means = np.array([_nan(point.mean(part, metric)) for point in points])
            spread = np.array([_nan(point.deviation(part, metric)) for point in points])
            axes.fill_between(places, means - spread, means + spread, color=color, alpha=0.15, linewidth=0)
            axes.plot(
                places, means, marker="o", color=color, linestyle="-" if part == "validation" else (0, (4, 2))
            )
            _direct_label(axes, places, means, part, color)
        for place, point in zip(places, points, strict=True):
            if point.row == chosen:
                axes.axvline(place, color="#000000", linewidth=0.8, linestyle=(0, (2, 3)))
        axes.set(xlabel=key, ylabel=readable(metric))
        axes.margins(x=0.12)
        if not numeric or len(places) <= _READABLE_TICKS:
            step = -(-len(places) // _READABLE_TICKS)
            axes.set_xticks(places[::step], [_told(value) for value in values[::step]],
                            rotation=0 if numeric else 30, ha="center" if numeric else "right")  # fmt: skip
        svg = inline_svg(figure, name, label)
    return Figure(name, f"{readable(metric)} by {key}", label, svg)


def _direct_label(axes: Axes, places: Sequence[float], means: Any, part: str, color: str) -> None:
    known = np.flatnonzero(~np.isnan(means))
    if len(known):
        at = places[known[-1]], means[known[-1]]
        axes.annotate(part, at, (4, 5), textcoords="offset points", color=color, fontsize=9, ha="center")


def _map(name: str, points: Sequence[Point], keys: Sequence[str], part: str, metric: str) -> Figure:
    title = f"{part} {readable(metric)}"
    label = (
        f"{title.capitalize()} for each {keys[0]} (across) and {keys[1]} (up); the numbers follow as a table."
    )
    across, up = ([*dict.fromkeys(_told(point.settings.get(key)) for point in points)] for key in keys)
    grid = np.full((len(up), len(across)), np.nan)
    for point in points:
        row, column = (
            order.index(_told(point.settings.get(key))) for order, key in ((up, keys[1]), (across, keys[0]))
        )
        grid[row, column] = _nan(point.mean(part, metric))
    with canvas(height=70 + 30 * len(up)) as (figure, axes):
        low, high = np.nanmin(grid), np.nanmax(grid)
        axes.pcolormesh(grid, cmap="cividis", vmin=low, vmax=high if high > low else low + 1)
        for (row, column), value in np.ndenumerate(grid):
            if not np.isnan(value):
                dark = high > low and (value - low) / (high - low) < 0.5
                axes.text(column + 0.5, row + 0.5, number(value).removeprefix("0"), ha="center", va="center",
                          color="#ffffff" if dark else "#010101", fontsize=9)  # fmt: skip
        axes.grid(visible=False)
        axes.set_xticks(np.arange(len(across)) + 0.5, across)
        axes.set_yticks(np.arange(len(up)) + 0.5, up)
        axes.set(xlabel=keys[0], ylabel=keys[1])
        svg = inline_svg(figure, name, label)
    return Figure(name, title, label, svg)


def _places(values: Sequence[Any]) -> tuple[list[float], bool]:
    """Where values stand on the axis: numbers where they are, anything else side by side."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values], True
    return [float(place) for place in range(len(values))], False


def _told(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
