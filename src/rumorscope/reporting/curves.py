"""Curves over the test posts: ROC, precision and recall, reliability, risk and coverage; a line for each row.

A line is the mean over seeds at fixed places of the horizontal axis. **S** seeds, **N** posts, **P** places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from rumorscope.evaluation.metrics import Floats, Integers, reliability
from rumorscope.evaluation.pooled import Pooled
from rumorscope.reporting.drawing import INK, Figure, canvas, inline_svg, series_style
from rumorscope.reporting.table import Column, Table

PLACES = np.linspace(0, 1, 101)
_TOLD = PLACES[::10]  # the places that the table gives
_FEWEST = 5  # posts in a bin before its point is drawn

Curve = Callable[[Integers, Floats], Floats]


def roc_figure(name: str, rows: Mapping[str, Pooled], styles: Mapping[str, int]) -> Figure:
    """The share of rumors found against the share of non-rumors called rumors, at every threshold."""
    return _figure(
        f"{name}-roc", "ROC", "False alarms (share of non-rumors)", "Rumors found", rows, styles, _roc,
        "Of the rumors, the share found, for each share of non-rumors falsely called rumors", chance=PLACES,
    )  # fmt: skip


def precision_recall_figure(name: str, rows: Mapping[str, Pooled], styles: Mapping[str, int]) -> Figure:
    """Precision at every recall, without interpolation between thresholds."""
    share = float(next(iter(rows.values())).labels.mean())
    return _figure(
        f"{name}-pr", "Precision and recall", "Recall (rumors found)", "Precision", rows, styles, _precision,
        "Of the posts called rumors, the share that are, for each share of rumors found",
        chance=np.full_like(PLACES, share),
    )  # fmt: skip


def reliability_figure(name: str, rows: Mapping[str, Pooled], styles: Mapping[str, int]) -> Figure:
    """What was stated against what was so, in ten bins of probability, the seeds' answers together."""
    label = f"Share of rumors among posts of equal stated probability, {_rows(rows)}"
    bins = {row: reliability(np.tile(p.labels, p.seeds), p.probabilities.ravel()) for row, p in rows.items()}
    with canvas() as (figure, axes):
        _frame(axes, "Stated rumor probability", "Share of rumors", PLACES)
        for row, found in bins.items():
            drawn = [one for one in found if one.posts >= _FEWEST * rows[row].seeds]
            stated = [one.mean_probability or 0.0 for one in drawn]
            found_share = [one.rumor_share or 0.0 for one in drawn]
            axes.plot(stated, found_share, marker="o", **series_style(styles[row]))
        svg = inline_svg(figure, f"{name}-reliability", label)
    columns = (Column("detector", "row"), Column("from", "low", "number"), Column("to", "high", "number"),
               Column("answers", "answers", "count"), Column("stated", "mean_probability", "number"),
               Column("rumors", "rumor_share", "number"))  # fmt: skip
    values = tuple(
        (row, one.low, one.high, one.posts, one.mean_probability, one.rumor_share)
        for row, found in bins.items()
        for one in found
        if one.posts
    )
    caption = "Reliability: stated probability and share of rumors, by bin, over the answers of all seeds"
    return Figure(
        f"{name}-reliability", "Reliability", label, svg, Table("reliability", caption, columns, values)
    )


def _figure(
    name: str, title: str, across: str, up: str, rows: Mapping[str, Pooled], styles: Mapping[str, int],
    curve: Curve, says: str, *, chance: Floats,
) -> Figure:  # fmt: skip
    label = f"{title}. {says}, {_rows(rows)}"
    lines = {row: np.stack([curve(p.labels, answers) for answers in p.probabilities])
             for row, p in rows.items()}  # each (S, P)  # fmt: skip
    with canvas() as (figure, axes):
        _frame(axes, across, up, chance)
        for row, values in lines.items():
            style = series_style(styles[row])
            if len(values) > 1:
                axes.fill_between(PLACES, values.min(axis=0), values.max(axis=0), color=style["color"],
                                  alpha=0.12, linewidth=0)  # fmt: skip
            axes.plot(PLACES, values.mean(axis=0), **style)
        svg = inline_svg(figure, name, label)
    return Figure(name, title, label, svg, _told(name, title, across, lines))


def _told(name: str, title: str, across: str, lines: Mapping[str, Floats]) -> Table:
    kind = name.rsplit("-", 1)[-1]
    places = tuple(Column(f"{place:.1f}", f"{kind}_{place:.1f}", "number") for place in _TOLD)
    rows = tuple((row, *map(float, values.mean(axis=0)[::10])) for row, values in lines.items())
    return Table(kind, f"{title}, mean over seeds. {across}:", (Column("detector", "row"), *places), rows)


def _roc(labels: Integers, answers: Floats) -> Floats:
    false, true, _ = roc_curve(labels, answers)
    return np.asarray(np.interp(PLACES, false, true))


def _precision(labels: Integers, answers: Floats) -> Floats:
    precision, recall, _ = precision_recall_curve(labels, answers)
    first = np.searchsorted(recall[::-1], PLACES - 1e-12)  # the fewest posts that reach this recall
    return np.asarray(precision[::-1][np.minimum(first, len(precision) - 1)])


def _frame(axes: Axes, across: str, up: str, chance: Floats) -> None:
    axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.01))
    axes.set_xticks(PLACES[::20])
    axes.set_yticks(PLACES[::20])
    axes.plot([0, 1], [chance[0], chance[-1]], color=INK, linewidth=0.8, linestyle=(0, (2, 3)), alpha=0.6)


def _rows(rows: Mapping[str, Pooled]) -> str:
    return f"for {', '.join(rows)}; the numbers follow as a table."
