from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reporting.fabricated import audit, comparison
from rumorscope.evaluation.experiments.results import Failure
from rumorscope.evaluation.metrics import METRICS, measure
from rumorscope.evaluation.significance import differences, estimate
from rumorscope.reporting.sections import (
    Section,
    against_table,
    confusion_table,
    constant_answer,
    differences_table,
    events_table,
    lookups_table,
    metrics_table,
    outcomes,
    read_section,
    results_table,
)

RESULTS = comparison()


@pytest.fixture(scope="module")
def section() -> Section:
    return read_section(RESULTS, "twitter-official", 1)


def test_tables_hold_the_estimates(section: Section) -> None:
    expected = estimate(RESULTS.pooled("micc", "twitter-official"))
    row = next(row for row in results_table(section).rows if row[0] == "micc")
    assert row[1:4] == (expected["accuracy"], expected["macro_f1"], expected["auc"])
    assert row[4:] == (3, 120, 40)
    whole = next(row for row in metrics_table(section).rows if row[0] == "micc")
    assert whole[1:] == tuple(expected[metric] for metric in METRICS)


def test_each_row_is_read_against_the_leader(section: Section) -> None:
    leader = section.leader
    assert leader == max(section.rows, key=lambda row: section.estimates[row]["accuracy"].mean)
    table = against_table(section, "accuracy")
    assert {row[0] for row in table.rows} == set(section.rows) - {leader}
    for row, value, interval, *_ in table.rows:
        mean = section.estimates[row]["accuracy"].mean - section.estimates[leader]["accuracy"].mean
        assert value == pytest.approx(mean)
        assert interval.low <= value <= interval.high


def test_every_pair_is_listed_once(section: Section) -> None:
    expected = differences({row: RESULTS.pooled(row, "twitter-official") for row in section.rows})
    table = differences_table(section.differences["accuracy"])
    assert [(row[0], row[1], row[3], row[6]) for row in table.rows] == [
        (one.a, one.b, one.value, one.adjusted) for one in expected
    ]


def test_variants_are_read_against_the_whole_detector() -> None:
    section = read_section(replace(RESULTS, kind="ablate"), "twitter-official", 1)
    table = against_table(section, "accuracy")
    assert table.caption == "accuracy minus that of majority"
    assert [row[0] for row in table.rows] == list(section.rows)[1:]
    assert len(section.differences["accuracy"]) == len(section.rows) - 1


def test_confusion_adds_up_to_the_posts(section: Section) -> None:
    pooled = section.rows["micc"]
    hits, missed, alarms, left = outcomes(pooled)
    assert hits + missed == pytest.approx((pooled.labels == 1).sum())
    assert alarms + left == pytest.approx((pooled.labels == 0).sum())
    assert (hits + left) / len(pooled.ids) == pytest.approx(section.estimates["micc"]["accuracy"].mean)
    assert [row[0] for row in confusion_table(section).rows] == list(section.rows)


def test_events_hold_each_post_once(section: Section) -> None:
    table = events_table(section)
    assert sum(row[1] for row in table.rows) == 120
    position = 3 + list(section.rows).index("micc")
    mean = np.average([row[position] for row in table.rows], weights=[row[1] for row in table.rows])
    assert mean == pytest.approx(section.estimates["micc"]["accuracy"].mean)


def test_the_constant_answer_is_what_it_scores(section: Section) -> None:
    labels = section.rows["micc"].labels
    best = max(
        (measure(labels, np.full(len(labels), p)).values for p in (0.0, 1.0)), key=lambda v: v["accuracy"]
    )
    assert constant_answer(section) == pytest.approx({m: best[m] for m in ("accuracy", "macro_f1")})


def test_thresholds_are_those_that_posts_were_judged_with(section: Section) -> None:
    for row, pooled in section.rows.items():
        np.testing.assert_array_equal(pooled.probabilities >= section.thresholds[row], pooled.called)


def test_lookups_stand_beside_the_majority() -> None:
    rows = lookups_table(audit(lookup=0.994)).rows
    assert [row[:2] for row in rows] == [("nothing (majority class)", 0.576), ("picture", 0.994)]


def test_a_failed_cell_is_told_and_the_other_seeds_count() -> None:
    last = RESULTS.cells[-1]
    lost = next(
        c
        for c in RESULTS.cells
        if c.cell.row == "micc" and c.cell.data == "twitter-official" and c.cell.seed == 2
    )
    failed = replace(RESULTS, cells=tuple(c for c in RESULTS.cells if c is not lost),
                     failures=(Failure(lost.cell, "out of memory"),))  # fmt: skip
    section = read_section(failed, "twitter-official", 1)
    assert section.rows["micc"].seeds == 2
    assert section.troubles == ("micc, twitter-official, seed 2 failed: out of memory",)
    assert last in failed.cells


def test_a_row_without_any_answer_is_in_no_table() -> None:
    cells = tuple(
        replace(c, predictions=None, thresholds=None) if c.cell.row == "micc" else c for c in RESULTS.cells
    )
    section = read_section(replace(RESULTS, cells=cells), "twitter-official", 1)
    assert "micc" not in section.rows
    assert section.troubles == ("Without answers to all test posts, and so in no table: micc",)
    unplanned = tuple(c for c in RESULTS.cells if c.cell.row != "micc")
    assert read_section(replace(RESULTS, cells=unplanned), "twitter-official", 1).troubles == ()
