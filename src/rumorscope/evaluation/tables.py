"""An evaluation as sentences and tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from rumorscope.evaluation.abstention import Abstention
from rumorscope.evaluation.assess import Assessment, Estimate
from rumorscope.evaluation.bootstrap import Interval
from rumorscope.evaluation.clusters import FEW
from rumorscope.evaluation.evaluate import Evaluation
from rumorscope.evaluation.recalibration import Quality

COMPARED = ("accuracy", "macro_f1", "auc")


def show(console: Console, evaluation: Evaluation, references: Sequence[Assessment] = ()) -> None:
    """Print all of an evaluation, and the plain references beside it."""
    assessment = evaluation.assessment
    for line in summary(evaluation):
        console.print(line, highlight=False)
    console.print(metric_table(assessment))
    if references:
        console.print(comparison_table([assessment, *references]))
    console.print(confusion_table(assessment))
    console.print(reliability_table(assessment))
    console.print(abstention_table(evaluation.abstention))
    if assessment.events:
        console.print(event_table(assessment))


def summary(evaluation: Evaluation) -> list[str]:
    """What was measured and how, in sentences."""
    clusters, resampling = evaluation.clusters, evaluation.resampling
    unit = {"none": "posts", "image": "sets of posts that share a picture", "event": "events"}[clusters.by]
    lines = [
        f"{evaluation.posts} posts, {evaluation.rumor_share:.1%} of them rumors; "
        f"the better constant answer has accuracy {evaluation.majority_accuracy:.3f}.",
        f"A rumor from probability {evaluation.assessment.threshold:g} on; "
        f"calibration: {evaluation.calibration}; checkpoint {evaluation.checkpoint}.",
        f"Intervals: 95%, bootstrap over {clusters.count} {unit} (cluster: {clusters.by}), "
        f"{resampling.resamples} resamples, seed {resampling.seed}.",
    ]
    if clusters.count < FEW:
        lines.append(f"With fewer than {FEW} of them to draw, the intervals come out too narrow.")
    return lines


def metric_table(assessment: Assessment) -> Table:
    """Every metric with its interval."""
    table = Table("metric", "value", "95% interval", title=assessment.name)
    for name, estimate in assessment.metrics.items():
        table.add_row(readable(name), _value(estimate), _interval(estimate))
    return table


def comparison_table(assessments: Sequence[Assessment]) -> Table:
    """The metrics that the field compares by, one row a detector or baseline."""
    table = Table("", *map(readable, COMPARED), title="beside plain baselines, fitted on the training split")
    for assessment in assessments:
        estimates = [assessment.metrics[name] for name in COMPARED]
        table.add_row(assessment.name, *(f"{_value(e)}\n{_interval(e)}" for e in estimates))
    return table


def confusion_table(assessment: Assessment) -> Table:
    """How many posts of each class were called what."""
    counts = assessment.confusion
    table = Table("", "called rumor", "called non-rumor", title="confusion")
    table.add_row("rumors", str(counts.true_rumors), str(counts.missed_rumors))
    table.add_row("non-rumors", str(counts.false_alarms), str(counts.true_non_rumors))
    return table


def event_table(assessment: Assessment) -> Table:
    """One row an event; where it has a single class, there is nothing to rank."""
    table = Table("event", "posts", "rumors", "accuracy", "macro F1", "AUC", title="by event")
    for row in assessment.events:
        table.add_row(
            row.event or "(none named)",
            str(row.posts),
            f"{row.rumor_share:.1%}",
            f"{row.accuracy:.3f}",
            _number(row.macro_f1),
            _number(row.auc),
        )
    return table


def reliability_table(assessment: Assessment) -> Table:
    """For each bin of probability, what was stated and what was so."""
    table = Table("rumor probability", "posts", "mean", "rumors", title="reliability")
    for row in assessment.reliability:
        share = "–" if row.rumor_share is None else f"{row.rumor_share:.1%}"
        stated = "–" if row.mean_probability is None else f"{row.mean_probability:.1%}"
        table.add_row(f"{row.low:.1f} – {row.high:.1f}", str(row.posts), stated, share)
    return table


def readable(metric: str) -> str:
    """A metric's name for people: "macro F1"."""
    words = metric.replace("non_rumor", "non-rumor").replace("_", " ")
    return {"auc": "AUC", "brier": "Brier score"}.get(metric, words.replace(" f1", " F1"))


def quality_table(quality: Mapping[str, Quality]) -> Table:
    """How each calibration's probabilities fit what is so; less is better."""
    table = Table("calibration", "negative log-likelihood", "Brier score", "ECE", title="cross-validated")
    for name, row in quality.items():
        values = (row.negative_log_likelihood, row.brier, row.expected_calibration_error)
        table.add_row(name, *(f"{value:.3f}" for value in values))
    return table


def abstention_table(abstention: Abstention) -> Table:
    """What is gained by leaving the least certain posts to a person."""
    table = Table("answered", "accuracy", "95% interval", "undecided band")
    table.title = f"abstention: AURC {abstention.aurc:.3f}, error rate {abstention.risk:.3f}"
    for row in abstention.selective:
        low, high = row.band
        band = "none" if row.coverage == 1 else f"{low:.2f} – {high:.2f}"
        table.add_row(f"{row.coverage:.0%}", f"{row.accuracy:.3f}", _range(row.interval), band)
    return table


def _value(estimate: Estimate) -> str:
    return f"– ({estimate.reason})" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    return _range(estimate.interval)


def _range(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.low:.3f} – {interval.high:.3f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
