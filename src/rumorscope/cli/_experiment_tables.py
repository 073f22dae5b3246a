"""An experiment's results on the terminal: for each data entry, rows with their intervals and differences."""

from __future__ import annotations

from statistics import fmean

from rich import box
from rich.console import Console
from rich.table import Table

from rumorscope.evaluation.experiments.results import Results
from rumorscope.evaluation.significance import Difference, SeedEstimate
from rumorscope.evaluation.tables import readable
from rumorscope.reporting.sections import SHOWN, Section, read_section
from rumorscope.reporting.sentences import facts, supported
from rumorscope.reporting.sweeps import sweep_points

METRIC = "accuracy"  # what rows are held against each other by


def show(console: Console, results: Results) -> None:
    """Print the whole of it."""
    console.print(results.title, style="bold", highlight=False)
    for number, data in enumerate(results.data_names):
        section = read_section(results, data, number)
        console.print(f"\n{data}", style="bold", highlight=False)
        for line in _lines(results, section):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        if results.kind == "sweep":
            console.print(_validation_table(results, data))
        if section.rows:
            console.print(_table(results, section))
        if section.differences[METRIC]:
            console.print(_difference_table(section, results))
            for line in supported(section):
                console.print(line, highlight=False, markup=False, soft_wrap=True)


def _lines(results: Results, section: Section) -> list[str]:
    lines = [section.audit.sentence] if section.audit else []
    lines += [facts(section)] if section.rows else []
    if chosen := results.chosen.get(section.name):
        by = readable(results.experiment["select_by"])
        lines.append(f"Chosen on validation posts, by the mean {by} over seeds: {chosen}.")
        opened = sum(bool(cell.predictions) for cell in results.cells if cell.cell.data == section.name)
        every = results.experiment["open_test"] == "every"
        which = "every setting" if every else "this setting alone"
        lines.append(f"The test posts were opened for {which}, by {opened} runs.")
    return [*lines, *section.troubles]


def _validation_table(results: Results, data: str) -> Table:
    metrics = [m for m in SHOWN if any(m in cell.validation for cell in results.cells)]
    table = _empty("on validation posts", "", *(readable(metric) for metric in metrics))
    for point in sweep_points(results, data):
        cells = []
        for metric in metrics:
            mean, deviation = point.mean("validation", metric), point.deviation("validation", metric)
            cells.append(_shown(mean, deviation))
        mark = " ← chosen" if results.chosen.get(data) == point.row else ""
        table.add_row(point.row + mark, *cells)
    return table


def _table(results: Results, section: Section) -> Table:
    table = _empty("on test posts", "", *(readable(metric) for metric in SHOWN), "seconds")
    for row in section.rows:
        estimates = [section.estimates[row][metric] for metric in SHOWN]
        seconds = fmean(result.seconds for result in results.of(row, section.name))
        table.add_row(row, *map(_estimate, estimates), f"{seconds:.1f}")
    return table


def _difference_table(section: Section, results: Results) -> Table:
    """Against the first row in an ablation, else against the row of the highest mean."""
    found = section.differences[METRIC]
    against = section.leader if results.kind != "ablate" else next(iter(section.rows))
    title = f"{readable(METRIC)} against {against}"
    table = _empty(title, "", "difference", "95% interval", "p", "p, Holm")
    for one in found:
        if against in (one.a, one.b):
            sign = 1 if one.b == against else -1
            other = one.a if one.b == against else one.b
            table.add_row(
                other, f"{sign * one.value:+.3f}", _ends(one, sign), _p(one.p_value), _p(one.adjusted)
            )
    return table


def _empty(title: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left", pad_edge=False)
    for index, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="right" if index else "left")
    return table


def _estimate(found: SeedEstimate) -> str:
    value = _shown(found.mean, found.seed_deviation)
    if found.interval is None:
        return value
    return f"{value}\n{found.interval.low:.3f} – {found.interval.high:.3f}"


def _shown(mean: float | None, deviation: float | None) -> str:
    if mean is None:
        return "–"
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f} ± {deviation:.3f}"


def _ends(one: Difference, sign: int) -> str:
    if one.interval is None:
        return "–"
    low, high = sorted((sign * one.interval.low, sign * one.interval.high))
    return f"{low:+.3f} – {high:+.3f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
