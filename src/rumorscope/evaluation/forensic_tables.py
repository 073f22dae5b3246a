"""What was measured of finding manipulation, as sentences and tables for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from rumorscope.evaluation.assess import Estimate
from rumorscope.evaluation.clusters import FEW
from rumorscope.evaluation.forensics import LOCALISED, ForensicReport
from rumorscope.forensics.localisation import THRESHOLD

_HEADINGS = {
    "auc": "pixel AUC",
    "best_f1": "F1, best threshold",
    "f1": f"F1 at {THRESHOLD:g}",
    "iou": f"IoU at {THRESHOLD:g}",
}


def show(console: Console, report: ForensicReport) -> None:
    """Print all of a report."""
    for line in summary(report):
        console.print(line, highlight=False)
    if report.whole:
        console.print(whole_table(report))
    if report.places:
        console.print(places_table(report))
        console.print(
            "The best threshold is chosen for each picture by its mask: nobody could have known it.",
            highlight=False,
        )


def summary(report: ForensicReport) -> list[str]:
    """What was measured on, in sentences."""
    share = report.tampered / report.pictures
    lines = [
        f"{report.pictures} pictures, {report.tampered} of them tampered ({share:.1%}); "
        f"the better constant answer has accuracy {max(share, 1 - share):.3f}.",
        f"Places are located in the {report.located} tampered pictures that have a mask.",
        f"Intervals: 95%, bootstrap over {report.groups} groups of sources.",
    ]
    if report.groups < FEW:
        lines.append(f"With fewer than {FEW} of them to draw, the intervals come out too narrow.")
    return lines


def whole_table(report: ForensicReport) -> Table:
    """Each way's AUC of telling tampered pictures."""
    table = Table("", "AUC", "95% interval", title="tampered or authentic")
    for name, estimate in report.whole.items():
        table.add_row(name, _value(estimate), _interval(estimate))
    return table


def places_table(report: ForensicReport) -> Table:
    """How each way's maps fit the masks."""
    table = Table("", *_HEADINGS.values(), title="where it was altered, mean over pictures")
    for name, estimates in report.places.items():
        cells = (f"{_value(estimates[metric])}\n{_interval(estimates[metric])}" for metric in LOCALISED)
        table.add_row(name, *cells)
    return table


def _value(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    interval = estimate.interval
    return "–" if interval is None else f"{interval.low:.3f} – {interval.high:.3f}"
