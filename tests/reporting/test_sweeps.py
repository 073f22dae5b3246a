from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from reporting.fabricated import answers, sweep
from rumorscope.evaluation.metrics import measure
from rumorscope.reporting.sweeps import sweep_figures, sweep_keys, sweep_points, sweep_table


def test_a_setting_has_the_mean_and_deviation_of_its_cells() -> None:
    points = sweep_points(sweep({"detector.top_k": [1, 2, 4]}), "pheme")
    assert [point.settings["detector.top_k"] for point in points] == [1, 2, 4]
    assert points[1].mean("validation", "accuracy") == pytest.approx((0.72 + 0.73) / 2)
    assert points[1].deviation("validation", "accuracy") == pytest.approx(np.std([0.72, 0.73], ddof=1))
    assert points[1].mean("test", "accuracy") is None


def test_an_opened_test_is_measured_at_its_own_threshold() -> None:
    results = sweep({"detector.top_k": [1, 2]}, seeds=(0,))
    found = answers(60, 1.0, seed=3)
    opened = replace(results.cells[1], predictions=found, thresholds=np.full(60, 0.7))
    points = sweep_points(replace(results, cells=(results.cells[0], opened)), "pheme")
    expected = measure(found.labels, found.probabilities, 0.7).values
    for metric in ("accuracy", "macro_f1", "auc"):
        assert points[1].mean("test", metric) == pytest.approx(expected[metric])
    assert points[0].mean("test", "auc") is None
    table = sweep_table(points, chosen=points[1].row)
    assert [row[-1] for row in table.rows] == ["", "chosen"]
    assert [row[4].mean is None for row in table.rows] == [True, False]


def test_one_key_gives_curves_and_two_a_heat_map() -> None:
    one = sweep_points(sweep({"fusion.mix": [0.0, 0.5, 1.0], "fixed": [3]}), "pheme")
    assert sweep_keys(one) == ["fusion.mix"]
    assert [figure.title for figure in sweep_figures("a", one, None)] == [
        "accuracy by fusion.mix",
        "macro F1 by fusion.mix",
        "AUC by fusion.mix",
    ]
    two = sweep_points(sweep({"layers": [2, 3], "width": [64, 128, 256]}), "pheme")
    assert sweep_keys(two) == ["layers", "width"]
    figures = sweep_figures("a", two, None)
    assert [figure.title for figure in figures] == [
        "validation accuracy",
        "validation macro F1",
        "validation AUC",
    ]
    words = [text.text for text in ElementTree.fromstring(figures[0].svg).iter("text")]
    assert {".705", ".725", ".805", "64", "256", "layers", "width"} <= set(words)


def test_values_that_are_no_numbers_stand_side_by_side() -> None:
    points = sweep_points(sweep({"fields": [[24], [32, 64], "all <b>"]}), "pheme")
    [figure, *_] = sweep_figures("a", points, points[0].row)
    words = [text.text for text in ElementTree.fromstring(figure.svg).iter("text")]
    assert {"[24]", "[32, 64]", "all <b>"} <= set(words)
    assert "<b>" not in figure.svg


def test_a_single_setting_has_nothing_to_draw() -> None:
    assert sweep_figures("a", sweep_points(sweep({"k": [1]}), "pheme"), None) == []


def test_keys_have_columns_of_their_own_where_asked() -> None:
    points = sweep_points(sweep({"layers": [2, 3], "width": [64]}), "pheme")
    table = sweep_table(points, None, ["layers"])
    assert [column.key for column in table.columns][:2] == ["row", "setting layers"]
    assert [row[1] for row in table.rows] == ["2", "3"]
