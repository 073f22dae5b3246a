"""Curves over the test posts: ROC, precision and recall, reliability, risk and coverage; a line for each row.

A line is the mean over seeds at fixed places of the horizontal axis. **S** seeds, **N** posts, **P** places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from rumorscope.evaluation.abstention import risk_coverage
from rumorscope.evaluation.metrics import Floats, Integers, reliability
from rumorscope.reporting.drawing import INK, Figure, canvas, inline_svg, series_style
from rumorscope.reporting.sections import Section
from rumorscope.reporting.table import Column, Table

PLACES = np.linspace(0, 1, 101)
_TOLD = slice(0, None, 10)  # the places that a table gives
_FEWEST = 5  # posts a seed in a bin, before its point is drawn

Lines = Mapping[str, Floats]  # by row: (S, P)


@dataclass(frozen=True)
class _Axes:
    """What a figure is called and what its axes mean."""

    kind: str  # of the table and in the figure's id
    title: str
    across: str
    up: str
    says: str


_ROC = _Axes(
    "roc", "ROC", "False alarms (share of non-rumors)", "Rumors found",
    "Of the rumors, the share found, for each share of non-rumors falsely called rumors",
)  # fmt: skip
_PRECISION = _Axes(
    "precision_recall", "Precision and recall", "Recall (rumors found)", "Precision",
    "Of the posts called rumors, the share that are, for each share of rumors found",
)  # fmt: skip
_RISK = _Axes(
    "risk_coverage", "Risk and coverage", "Coverage (share answered)", "Share of answers that are wrong",
    "The share of wrong answers when only the most certain ones are given, for each share given",
)  # fmt: skip
_RELIABILITY = _Axes(
    "reliability", "Reliability", "Stated rumor probability", "Share of rumors",
    "Share of rumors among posts of equal stated probability",
)  # fmt: skip


def curve_figures(section: Section, styles: Mapping[str, int]) -> Iterator[Figure]:
    """The curves of at least one row; `styles` numbers each row's color and line.

    ROC, precision and recall are left out where all posts are of one class.
    """
    rows = section.rows
    labels = next(iter(rows.values())).labels
    if labels.min() != labels.max():
        ends = 0.0, 1.0
        lines = {row: np.stack([_roc(p.labels, a) for a in p.probabilities]) for row, p in rows.items()}
        yield _line_figure(section, _ROC, lines, styles, chance=ends)
        share = float(labels.mean())
        lines = {row: np.stack([_precision(p.labels, a) for a in p.probabilities]) for row, p in rows.items()}
        yield _line_figure(section, _PRECISION, lines, styles, chance=(share, share))
    yield _reliability_figure(section, styles)
    lines = {row: _risks(p.labels, p.probabilities, section.thresholds[row]) for row, p in rows.items()}
    yield _line_figure(section, _RISK, lines, styles, chance=None)


def _line_figure(
    section: Section,
    axes_of: _Axes,
    lines: Lines,
    styles: Mapping[str, int],
    chance: tuple[float, float] | None,
) -> Figure:
    label = _label(section, axes_of)
    with canvas() as (figure, axes):
        _frame(axes, axes_of, chance)
        for row, values in lines.items():
            style = series_style(styles[row])
            if len(values) > 1:
                low, high = values.min(axis=0), values.max(axis=0)
                axes.fill_between(PLACES, low, high, color=style["color"], alpha=0.12, linewidth=0)
            axes.plot(PLACES, values.mean(axis=0), **style)
        if chance is None:
            axes.set_ylim(0, 1.1 * max(max(values.max() for values in lines.values()), 0.05))
        svg = inline_svg(figure, f"{section.anchor}-{axes_of.kind}", label)
    table = _told(axes_of, lines)
    return Figure(f"{section.anchor}-{axes_of.kind}", axes_of.title, label, svg, table)


def _told(axes_of: _Axes, lines: Lines) -> Table:
    places = tuple(Column(f"{p:.1f}", f"{axes_of.kind}_{p:.1f}", "number") for p in PLACES[_TOLD])
    rows = tuple((row, *map(float, values.mean(axis=0)[_TOLD])) for row, values in lines.items())
    caption = f"{axes_of.up}, mean over seeds, for each {axes_of.across[0].lower()}{axes_of.across[1:]}"
    return Table(axes_of.kind, caption, (Column("detector", "row"), *places), rows)


def _reliability_figure(section: Section, styles: Mapping[str, int]) -> Figure:
    label = _label(section, _RELIABILITY)
    bins = {
        row: reliability(np.tile(pooled.labels, pooled.seeds), pooled.probabilities.ravel())
        for row, pooled in section.rows.items()
    }
    with canvas() as (figure, axes):
        _frame(axes, _RELIABILITY, (0.0, 1.0))
        for row, found in bins.items():
            drawn = [one for one in found if one.posts >= _FEWEST * section.rows[row].seeds]
            stated = [one.mean_probability or 0.0 for one in drawn]
            so = [one.rumor_share or 0.0 for one in drawn]
            axes.plot(stated, so, marker="o", **series_style(styles[row]))
        svg = inline_svg(figure, f"{section.anchor}-reliability", label)
    columns = (
        Column("detector", "row"),
        Column("from", "low", "number"),
        Column("to", "high", "number"),
        Column("answers", "answers", "count"),
        Column("stated", "mean_probability", "number"),
        Column("rumors", "rumor_share", "number"),
    )
    values = tuple(
        (row, one.low, one.high, one.posts, one.mean_probability, one.rumor_share)
        for row, found in bins.items()
        for one in found
        if one.posts
    )
    caption = "Stated probability and share of rumors, by bin, over the answers of all seeds"
    table = Table("reliability", caption, columns, values)
    return Figure(f"{section.anchor}-reliability", _RELIABILITY.title, label, svg, table)


def _roc(labels: Integers, answers: Floats) -> Floats:
    false, true, _ = roc_curve(labels, answers)
    return np.asarray(np.interp(PLACES, false, true))


def _precision(labels: Integers, answers: Floats) -> Floats:
    """Without interpolation: what the highest threshold has that reaches a recall."""
    precision, recall, _ = precision_recall_curve(labels, answers)
    precision, recall = precision[-2::-1], recall[-2::-1]  # without the end that no threshold reaches
    return np.asarray(precision[np.searchsorted(recall, PLACES - 1e-12)])


def _risks(labels: Integers, answers: Floats, thresholds: Floats) -> Floats:
    curves = [risk_coverage(labels, one, at) for one, at in zip(answers, thresholds, strict=True)]
    return np.stack([np.interp(PLACES, curve.coverage, curve.risk) for curve in curves])


def _frame(axes: Axes, axes_of: _Axes, chance: tuple[float, float] | None) -> None:
    axes.set(xlabel=axes_of.across, ylabel=axes_of.up, xlim=(0, 1), ylim=(0, 1.01))
    axes.set_xticks(PLACES[::20])
    if chance is not None:
        axes.set_yticks(PLACES[::20])
        axes.plot([0, 1], chance, color=INK, linewidth=0.8, linestyle=(0, (2, 3)), alpha=0.6)


def _label(section: Section, axes_of: _Axes) -> str:
    rows = ", ".join(section.rows)
    return f"{axes_of.title}. {axes_of.says}, for {rows}; the numbers follow as a table."
