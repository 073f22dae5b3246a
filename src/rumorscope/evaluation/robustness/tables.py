"""What a robustness measurement says, as tables for people and as rows for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from rumorscope.evaluation.robustness.measure import FLIPPED, SHIFT, SHOWN, Effect, Robustness, Scope, Shift
from rumorscope.evaluation.tables import readable

_COLUMNS = (*SHOWN, SHIFT, FLIPPED)
_WORDS = {SHIFT: "mean shift", FLIPPED: "flipped"}
_EXPLANATION = (
    "Each number is the change against the same posts as they are, with its 95% interval from the same "
    "resamples. Mean shift: how far a probability moves on average. Flipped: the share of posts whose "
    "verdict changes."
)


def summary(robustness: Robustness) -> list[str]:
    """What was measured and how, in sentences."""
    unit = {"none": "posts", "image": "sets of posts that share a picture", "event": "events"}
    before = ", ".join(f"{_title(name)} {value:.3f}" for name, value in robustness.before.items())
    count = robustness.effects[0].all.clusters
    resampling = robustness.resampling
    lines = [
        f"{robustness.posts} posts as they are: {before} ({robustness.detector}, {robustness.checkpoint}).",
        f"Intervals: 95%, bootstrap over {count} {unit[robustness.cluster]}, "
        f"{resampling.resamples} resamples, seed {resampling.seed}.",
        _EXPLANATION,
    ]
    idle = [effect.name for effect in robustness.effects if not _altered(effect)]
    return [*lines, f"No post was altered by {', '.join(idle)}."] if idle else lines


def rich_tables(robustness: Robustness) -> list[Table]:
    """The changes over all posts, the worst first, and over those that each perturbation altered."""
    tables = []
    for title, effects, of in _parts(robustness):
        table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for heading in ("perturbation", "posts", *map(_title, _COLUMNS)):
            table.add_column(heading, no_wrap=True)
        for effect in effects:
            cells = [_narrow(of(effect).shifts[name], name) for name in _COLUMNS]
            table.add_row(effect.name, str(_altered(effect)), *cells)
        tables.append(table)
    return tables


def markdown(robustness: Robustness) -> str:
    """Sentences and tables."""
    lines = [line for sentence in summary(robustness) for line in (sentence, "")]
    for title, effects, of in _parts(robustness):
        heading = ["perturbation", "posts altered", *map(_title, _COLUMNS)]
        lines += [f"**{title}**", "", _row(heading), _row(["---", *["---:"] * (len(heading) - 1)])]
        for effect in effects:
            cells = [_cell(of(effect).shifts[name], name) for name in _COLUMNS]
            lines.append(_row([f"`{effect.name}` ({effect.what})", str(_altered(effect)), *cells]))
        lines.append("")
    return "\n".join(lines)


def csv_rows(robustness: Robustness) -> str:
    """One row for each perturbation, set of posts and metric."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["perturbation", "over", "posts", "clusters", "metric", "before", "after", "change",
                     "low", "high"])  # fmt: skip
    for effect in robustness.effects:
        for over, scope in (("all", effect.all), ("altered", effect.touched)):
            if scope is not None:
                writer.writerows([effect.name, over, *row] for row in _numbers(scope))
    return file.getvalue()


def _parts(robustness: Robustness) -> Iterator[tuple[str, list[Effect], Callable[[Effect], Scope]]]:
    ordered = [effect for effect in robustness.by_harm() if _altered(effect)]
    yield "Over all posts", ordered, lambda effect: effect.all
    some = [effect for effect in ordered if _altered(effect) < robustness.posts]
    if some:
        yield "Over the altered posts alone, where these are not all", some, _touched


def _touched(effect: Effect) -> Scope:
    assert effect.touched is not None
    return effect.touched


def _altered(effect: Effect) -> int:
    return 0 if effect.touched is None else effect.touched.posts


def _numbers(scope: Scope) -> Iterator[list[object]]:
    for metric, shift in scope.shifts.items():
        bounds = (None, None) if shift.interval is None else (shift.interval.low, shift.interval.high)
        yield [scope.posts, scope.clusters, metric, shift.before, shift.after, shift.change, *bounds]


def _cell(shift: Shift, name: str) -> str:
    if shift.change is None:
        return "–"
    signed = name in SHOWN
    value = _number(shift.change, signed)
    if shift.interval is None:
        return value
    return f"{value} ({_number(shift.interval.low, signed)} to {_number(shift.interval.high, signed)})"


def _narrow(shift: Shift, name: str) -> str:
    """The value over its interval, such as −.35…+.06: seven columns fit a terminal of 80."""
    if shift.change is None or shift.interval is None:
        return _cell(shift, name)
    ends = (shift.interval.low, shift.interval.high)
    bounds = (_number(end, name in SHOWN, 2).replace("0.", ".") for end in ends)
    return f"{_number(shift.change, name in SHOWN)}\n[dim]{'…'.join(bounds)}[/dim]"


def _number(value: float, signed: bool, decimals: int = 3) -> str:
    return f"{value:{'+' if signed else ''}.{decimals}f}".replace("-", "−")


def _title(name: str) -> str:
    return _WORDS.get(name) or readable(name)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
