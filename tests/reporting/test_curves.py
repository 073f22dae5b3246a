from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import auc, precision_recall_curve

from reporting.fabricated import comparison
from rumorscope.evaluation.abstention import risk_coverage
from rumorscope.reporting.curves import PLACES, _precision, _roc, curve_figures
from rumorscope.reporting.drawing import Figure
from rumorscope.reporting.sections import Section, read_section

ROWS = {"majority": 0.0, "micc": 1.1}
STYLES = {"majority": 0, "micc": 1}


@pytest.fixture(scope="module")
def section() -> Section:
    return read_section(comparison(rows=ROWS, data=("twitter",), posts=400), "twitter", 1)


@pytest.fixture(scope="module")
def figures(section: Section) -> dict[str, Figure]:
    return {figure.title: figure for figure in curve_figures(section, STYLES)}


def numbers(figure: Figure, row: str) -> tuple[float, ...]:
    assert figure.table is not None
    return next(values[1:] for values in figure.table.rows if values[0] == row)


def test_a_perfect_and_a_constant_answer() -> None:
    labels = np.array([0, 1, 0, 1, 1])
    right, constant = labels * 0.8 + 0.1, np.full(5, 0.3)
    np.testing.assert_allclose(_roc(labels, right), 1.0)
    np.testing.assert_allclose(_precision(labels, right), 1.0)
    np.testing.assert_allclose(_roc(labels, constant), PLACES)
    np.testing.assert_allclose(_precision(labels, constant), 0.6)  # the share of rumors, at every recall


def test_precision_is_that_of_a_threshold(section: Section) -> None:
    pooled = section.rows["micc"]
    precision, recall, _ = precision_recall_curve(pooled.labels, pooled.probabilities[0])
    found = _precision(pooled.labels, pooled.probabilities[0])
    for place, value in zip(PLACES[1:], found[1:], strict=True):
        reached = [p for p, r in zip(precision, recall, strict=True) if r >= place - 1e-12]
        assert value == reached[-1]  # recall falls with the threshold


def test_the_area_under_the_drawn_curve_is_the_auc(section: Section) -> None:
    pooled = section.rows["micc"]
    areas = [auc(PLACES, _roc(pooled.labels, one)) for one in pooled.probabilities]
    assert np.mean(areas) == pytest.approx(section.estimates["micc"]["auc"].mean, abs=0.005)


def test_tables_give_the_curves(section: Section, figures: dict[str, Figure]) -> None:
    assert list(figures) == ["ROC", "Precision and recall", "Reliability", "Risk and coverage"]
    assert numbers(figures["ROC"], "majority") == pytest.approx(PLACES[::10])
    error = 1 - section.estimates["micc"]["accuracy"].mean
    assert numbers(figures["Risk and coverage"], "micc")[-1] == pytest.approx(error)  # all are answered
    pooled = section.rows["micc"]
    halves = [risk_coverage(pooled.labels, p, section.thresholds["micc"][0]) for p in pooled.probabilities]
    half = np.mean([np.interp(0.5, curve.coverage, curve.risk) for curve in halves])
    assert numbers(figures["Risk and coverage"], "micc")[5] == pytest.approx(half)


def test_reliability_counts_every_answer(figures: dict[str, Figure]) -> None:
    table = figures["Reliability"].table
    assert table is not None
    assert sum(row[3] for row in table.rows if row[0] == "micc") == 3 * 400
    assert sum(row[3] for row in table.rows if row[0] == "majority") == 400


def test_every_figure_is_named_and_says_what_it_shows(figures: dict[str, Figure]) -> None:
    assert len({figure.name for figure in figures.values()}) == len(figures)
    for figure in figures.values():
        assert figure.name.startswith("data-1-")
        assert "majority, micc" in figure.label
        assert figure.label in figure.svg


def test_posts_of_one_class_have_no_ranking(section: Section) -> None:
    rows = {row: replace(pooled, labels=np.ones_like(pooled.labels)) for row, pooled in section.rows.items()}
    titles = [figure.title for figure in curve_figures(replace(section, rows=rows), STYLES)]
    assert titles == ["Reliability", "Risk and coverage"]
