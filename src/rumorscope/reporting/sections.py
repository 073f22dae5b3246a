"""What the report says of one data entry: the tables, and the rows that they rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.experiments.results import Results
from rumorscope.evaluation.metrics import METRICS, Floats
from rumorscope.evaluation.pooled import Pooled
from rumorscope.evaluation.significance import Difference, SeedEstimate, differences, estimate, winner
from rumorscope.evaluation.tables import readable
from rumorscope.reporting.table import Column, Table

SHOWN = ("accuracy", "macro_f1", "auc")
Pairs = Literal["all", "first"]
COMPARED = ("accuracy", "macro_f1")  # what leads and winners are told by


_MEASURED = (
    Column("difference", "difference", "signed"),
    Column("95% interval", "interval", "interval"),
    Column("p", "p_value", "chance"),
    Column("p, Holm", "adjusted", "chance"),
)


@dataclass(frozen=True)
class Section:
    """One data entry: who answered its test posts, and how well."""

    name: str
    anchor: str  # unique in the page, and safe in ids whatever the name
    audit: Audit | None
    rows: Mapping[str, Pooled]  # that answered all test posts
    thresholds: Mapping[str, Floats]  # by row: (S, N), what each answer was judged with
    estimates: Mapping[str, Mapping[str, SeedEstimate]]  # by row, then metric
    differences: Mapping[str, Sequence[Difference]]  # by metric of COMPARED
    winners: Mapping[str, str | None]  # by metric of COMPARED
    troubles: tuple[str, ...]  # cells that failed, rows that are not there

    @property
    def leader(self) -> str | None:
        """The row of the highest accuracy, supported or not."""
        return self.leading("accuracy")

    def leading(self, metric: str) -> str | None:
        """The row of the highest mean, the first of equals; None where the metric is undefined."""
        means = {row: found[metric].mean for row, found in self.estimates.items()}
        defined = {row: mean for row, mean in means.items() if mean is not None}
        return max(defined, key=defined.__getitem__) if defined else None

    def reference(self, metric: str) -> str | None:
        """What rows are read against: the first if all were compared with it alone, else the leader."""
        found = self.differences[metric]
        first = next(iter(self.rows), None)
        if len(self.rows) > 2 and all(first in (one.a, one.b) for one in found):
            return first
        return self.leading(metric)


def read_section(results: Results, data: str, number: int) -> Section:
    """Measure and compare the rows of a data entry; `number` makes its anchor."""
    rows = {row: results.pooled(row, data) for row in results.judged_rows(data)}
    pairs: Pairs = "first" if results.kind == "ablate" else "all"  # variants against the whole detector
    found = {metric: differences(rows, metric=metric, pairs=pairs) if rows else [] for metric in COMPARED}
    return Section(
        name=data,
        anchor=f"data-{number}",
        audit=results.audits.get(data),
        rows=rows,
        thresholds={row: _thresholds(results, row, data, pooled) for row, pooled in rows.items()},
        estimates={row: estimate(pooled) for row, pooled in rows.items()},
        differences=found,
        winners={metric: winner(rows, compared) for metric, compared in found.items()},
        troubles=tuple(_troubles(results, data, rows)),
    )


def results_table(section: Section) -> Table:
    """A line for each row: the metrics that the field compares by."""
    columns = (Column("detector", "row"), *(Column(readable(m), m, "estimate") for m in SHOWN),
               Column("seeds", "seeds", "count"), Column("posts", "posts", "count"),
               Column("clusters", "clusters", "count"))  # fmt: skip
    rows = tuple(
        (row, *(section.estimates[row][metric] for metric in SHOWN), pooled.seeds, len(pooled.ids),
         pooled.clusters.count)
        for row, pooled in section.rows.items()
    )  # fmt: skip
    return Table("results", "Test posts: mean ± standard deviation over seeds (95% interval)", columns, rows)


def metrics_table(section: Section) -> Table:
    """Every metric of every row."""
    columns = (
        Column("detector", "row"),
        *(Column(readable(metric), metric, "estimate") for metric in METRICS),
    )
    rows = tuple((row, *(found[metric] for metric in METRICS)) for row, found in section.estimates.items())
    return Table(
        "metrics", "Every metric: mean ± standard deviation over seeds (95% interval)", columns, rows
    )


def differences_table(found: Sequence[Difference]) -> Table:
    """Every pair that was compared by a metric."""
    columns = (Column("detector", "a"), Column("minus", "b"), Column("metric", "metric"), *_MEASURED)
    rows = tuple(
        (one.a, one.b, readable(one.metric), one.value, one.interval, one.p_value, one.adjusted)
        for one in found
    )
    return Table("differences", "Every pair that was compared, corrected together", columns, rows)


def against_table(section: Section, metric: str) -> Table | None:
    """Each row minus the one that it is best read against; None where there is nothing to compare."""
    reference = section.reference(metric)
    pairs = [one for one in section.differences[metric] if reference in (one.a, one.b)]
    if reference is None or not pairs:
        return None
    turned = [one if one.b == reference else _turned(one) for one in pairs]
    rows = tuple((one.a, one.value, one.interval, one.p_value, one.adjusted) for one in turned)
    caption = f"{readable(metric)} minus that of {reference}"
    return Table("against", caption, (Column("detector", "row"), *_MEASURED), rows)


def lookups_table(audit: Audit) -> Table:
    """What is scored by looking training labels up, without reading a post."""
    columns = (
        Column("looked up", "lookup"),
        Column("accuracy", "accuracy", "number"),
        Column("95% interval", "interval", "interval"),
        Column("share of posts found", "covered", "number"),
        Column("above majority", "gain", "signed"),
    )
    rows: list[tuple[Any, ...]] = [("nothing (majority class)", audit.majority_accuracy, None, None, None)]
    rows += [(one.name, one.accuracy, one.interval, one.covered, one.gain) for one in audit.lookups]
    caption = "Test accuracy of looking up training labels, with no model"
    return Table("lookups", caption, columns, tuple(rows))


def overlaps_table(audit: Audit) -> Table:
    """What the later splits have in common with the earlier ones."""
    columns = (Column("in common", "kind"), Column("of", "later"), Column("with", "earlier"),
               Column("posts", "posts", "count"), Column("share", "share", "number"),
               Column("distinct", "items", "count"))  # fmt: skip
    rows = tuple((o.kind, o.later, o.earlier, o.posts, o.share, o.items) for o in audit.overlaps)
    return Table("overlaps", "What splits have in common", columns, rows)


def confusion_table(section: Section) -> Table:
    """How many posts of each class were called what, the mean over seeds."""
    columns = (
        Column("detector", "row"),
        Column("rumors found", "true_rumors", "count"),
        Column("rumors missed", "missed_rumors", "count"),
        Column("false alarms", "false_alarms", "count"),
        Column("non-rumors left alone", "true_non_rumors", "count"),
    )
    rows = tuple((row, *map(float, outcomes(pooled))) for row, pooled in section.rows.items())
    return Table("confusion", "Posts by class and verdict, mean over seeds", columns, rows)


def outcomes(pooled: Pooled) -> Floats:
    """True rumors, missed rumors, false alarms and true non-rumors: (4,) means over seeds."""
    rumor, called = pooled.labels == 1, pooled.called
    cases = (called & rumor, ~called & rumor, called & ~rumor, ~called & ~rumor)  # each (S, N)
    return np.array([case.sum(axis=1).mean() for case in cases])


def events_table(section: Section) -> Table | None:
    """Accuracy by event, the largest first; None where no post names one."""
    first = next(iter(section.rows.values()), None)
    if first is None or all(event is None for event in first.events):
        return None
    sizes = Counter(first.events)
    columns = (Column("event", "event"), Column("posts", "posts", "count"),
               Column("rumors", "rumor_share", "number"),
               *(Column(row, f"accuracy of {row}", "number") for row in section.rows))  # fmt: skip
    rows = tuple(
        (event or "(none named)", size, _mean(first, event, first.labels == 1),
         *(_mean(p, event, (p.called == (p.labels == 1)).mean(axis=0)) for p in section.rows.values()))
        for event, size in sizes.most_common()
    )  # fmt: skip
    return Table("events", "Accuracy by event, mean over seeds", columns, rows)


def constant_answer(section: Section) -> dict[str, float]:
    """Accuracy and macro F1 of the better constant answer on these test posts."""
    share = float(next(iter(section.rows.values())).labels.mean())
    most = max(share, 1 - share)
    return {
        "accuracy": most,
        "macro_f1": most / (1 + most),
    }  # F1 of one class is 2m / (1 + m), of the other 0


def _thresholds(results: Results, row: str, data: str, pooled: Pooled) -> Floats:
    by_seed: dict[int, dict[str, float]] = {}
    for result in results.of(row, data):
        if result.predictions is not None and result.thresholds is not None:
            known = by_seed.setdefault(result.cell.seed, {})
            known |= zip(result.predictions.ids, result.thresholds, strict=True)
    whole = [known for _, known in sorted(by_seed.items()) if len(known) == len(pooled.ids)]
    return np.array([[known[id] for id in pooled.ids] for known in whole])


def _mean(pooled: Pooled, event: str | None, values: Floats) -> float:
    inside = np.array([one == event for one in pooled.events])
    return float(np.asarray(values)[inside].mean())


def _turned(one: Difference) -> Difference:
    interval = one.interval
    turned = None if interval is None else type(interval)(-interval.high, -interval.low)
    return Difference(one.b, one.a, one.metric, -one.value, turned, one.p_value, one.adjusted, one.note)


def _troubles(results: Results, data: str, rows: Mapping[str, Pooled]) -> list[str]:
    failed = [failure for failure in results.failures if failure.cell.data == data]
    lines = [f"{failure.cell.name} failed: {failure.error}" for failure in failed]
    known = {failure.cell.row for failure in failed}
    absent = [row for row in results.rows_on(data) if row not in rows and row not in known]
    if absent and results.kind != "sweep":
        lines.append(f"Without answers to all test posts, and so in no table: {', '.join(absent)}")
    return lines
