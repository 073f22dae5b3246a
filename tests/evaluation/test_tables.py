"""What people read: every number under its name, and a reason where there is none."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from rumorscope.evaluation.assess import Assessment, assess
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.predictions import Predictions
from rumorscope.evaluation.tables import (
    comparison_table,
    confusion_table,
    event_table,
    metric_table,
    reliability_table,
)


def _assessment(labels: list[int], probabilities: list[float]) -> Assessment:
    posts = len(labels)
    ids = tuple(map(str, range(posts)))
    predictions = Predictions(ids, np.array(labels), np.array(probabilities), ("storm",) * posts)
    return assess("some detector", predictions, Clusters("none", np.arange(posts)))


def _lines(table: Table) -> list[list[str]]:
    """The rows as a terminal of 80 columns shows them, cell by cell."""
    file = io.StringIO()
    Console(file=file, width=80).print(table)
    rows = [re.split("[│┃]", line)[1:-1] for line in file.getvalue().splitlines()]
    return [[cell.strip() for cell in row] for row in rows if row]


def test_metrics_with_their_intervals() -> None:
    rows = {
        row[0]: row[1:]
        for row in _lines(metric_table(_assessment([1, 1, 0, 0] * 30, [0.9, 0.4, 0.2, 0.1] * 30)))
    }
    assert rows["accuracy"][0] == "0.750"
    low, high = map(float, rows["accuracy"][1].split(" – "))
    assert 0.6 < low < 0.75 < high < 0.9
    assert rows["AUC"] == ["1.000", "1.000 – 1.000"]
    assert rows["Brier score"][0] == "0.105"
    assert {"macro F1", "non-rumor F1", "rumor recall", "expected calibration error"} <= set(rows)


def test_a_metric_without_a_value_says_why() -> None:
    rows = {row[0]: row[1:] for row in _lines(metric_table(_assessment([1, 1], [0.9, 0.4])))}
    assert rows["AUC"] == ["– (every post is a rumor)", "–"]


def test_a_comparison_fits_a_terminal() -> None:
    assessment = _assessment([1, 1, 0, 0] * 30, [0.9, 0.4, 0.2, 0.1] * 30)
    header, first, second, *_ = _lines(comparison_table([assessment, assessment]))
    assert header == ["", "accuracy", "macro F1", "AUC"]
    assert first == ["some detector", "0.750", "0.733", "1.000"]
    assert all(" – " in interval for interval in second[-3:])  # each on one line


def test_counts_shares_and_events() -> None:
    assessment = _assessment([1, 1, 0, 0], [0.9, 0.4, 0.2, 1.0])
    assert _lines(confusion_table(assessment))[1:] == [["rumors", "1", "1"], ["non-rumors", "1", "1"]]
    reliable = {row[0]: row[1:] for row in _lines(reliability_table(assessment))}
    assert reliable["0.9 – 1.0"] == ["2", "95.0%", "50.0%"]
    assert reliable["0.0 – 0.1"] == ["0", "–", "–"]
    assert _lines(event_table(assessment))[1] == ["storm", "4", "50.0%", "0.500", "0.500", "0.500"]
    only = _assessment([1], [0.9])
    assert _lines(event_table(only))[1] == ["storm", "1", "100.0%", "1.000", "–", "–"]
    assert pytest.approx(0.1) == only.metrics["expected_calibration_error"].value
