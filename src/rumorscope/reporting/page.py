"""The report as one HTML page that needs nothing else: no network, no script, no file."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rumorscope.evaluation.tables import readable
from rumorscope.explanation import words
from rumorscope.reporting.content import DataReport, Report
from rumorscope.reporting.drawing import DASHES, SERIES
from rumorscope.reporting.sections import COMPARED, constant_answer, outcomes
from rumorscope.reporting.table import number, show

_TICK = 0.1  # between the numbers of a forest plot's axis
_DASHES = ("none", "9 3.6", "1.8 2.7")  # `DASHES` as matplotlib draws them at the report's line width
_SHOWN_EVENTS = 40  # the CSV file has them all


@dataclass(frozen=True, slots=True)
class _Dot:
    """A mean with its interval, in percent of the plot's width."""

    at: float
    low: float
    high: float
    told: str


@dataclass(frozen=True, slots=True)
class _Forest:
    """One metric's dots, and the better constant answer as a line."""

    metric: str
    dots: tuple[_Dot | None, ...]  # a row each
    constant: float
    constant_told: str
    ticks: tuple[tuple[float, str], ...]


def render_page(report: Report) -> str:
    """The page. Names, events and posts are escaped, and its own policy forbids scripts and other sources."""
    style = files("rumorscope.reporting").joinpath("templates/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _templates().get_template("report.html").render(
        report=report,
        experiment=json.dumps(report.experiment, indent=1, ensure_ascii=False),
        runs=json.dumps(report.runs, indent=1, ensure_ascii=False),
        forests=[_forests(data) for data in report.data],
        matrices=[_matrices(data) for data in report.data],
        style=Markup(style),  # noqa: S704  # the package's own file
        style_hash=digest,
    )  # fmt: skip


def _forests(data: DataReport) -> list[_Forest]:
    section = data.section
    if not section.rows:
        return []
    constants = constant_answer(section)
    return [
        _forest(metric, [found[metric] for found in section.estimates.values()], constants[metric])
        for metric in COMPARED
    ]


def _forest(metric: str, estimates: Sequence[Any], constant: float) -> _Forest:
    ends = [constant]
    for one in estimates:
        if one.mean is not None:
            ends += [one.mean] if one.interval is None else [one.interval.low, one.interval.high]
    low, high = math.floor(min(ends) / _TICK - 0.1) * _TICK, math.ceil(max(ends) / _TICK + 0.1) * _TICK
    low, high = max(0.0, low), min(1.0, high)

    def at(value: float) -> float:
        return 100 * (value - low) / (high - low)

    dots: list[_Dot | None] = []
    for one in estimates:
        if one.mean is None:
            dots.append(None)
            continue
        left, right = (one.mean, one.mean) if one.interval is None else (one.interval.low, one.interval.high)
        dots.append(_Dot(at(one.mean), at(left), at(right), show(one, "estimate")))
    steps = round((high - low) / _TICK)
    ticks = tuple((at(low + step * _TICK), f"{low + step * _TICK:.1f}") for step in range(steps + 1))
    return _Forest(readable(metric), tuple(dots), at(constant), number(constant), ticks)


def _matrices(data: DataReport) -> list[tuple[str, list[tuple[str, list[tuple[float, float]]]]]]:
    """For each row: each true class with (posts, share of the class) called rumor and non-rumor."""
    found = []
    for row, pooled in data.section.rows.items():
        hits, missed, alarms, left = map(float, outcomes(pooled))
        classes = [("rumor", (hits, missed)), ("non-rumor", (alarms, left))]
        found.append(
            (row, [(name, [(c, c / (sum(counts) or 1)) for c in counts]) for name, counts in classes])
        )
    return found


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("rumorscope.reporting"),
        autoescape=True,  # names, events and posts are untrusted text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"show": show, "number": number, "percent": words.percent, "drawing": Markup}
    environment.globals |= {
        "series": lambda index: f"var(--series-{index % len(SERIES)})",
        "dashes": lambda index: _DASHES[index // len(SERIES) % len(DASHES)],
        "shown_events": _SHOWN_EVENTS,
    }
    return environment
