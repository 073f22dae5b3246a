from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.config import ExperimentConfig, is_experiment, read_experiment
from rumorscope.evaluation.experiments.rows import Changes, plan_rows

MICC = """
[detector]
name = "micc"
top_k = 3
[detector.text]
model = "hub/text"
[detector.image]
model = "hub/image"
[data]
folders = ["data/own"]
captions = ["data/own-captions"]
[training.stages.end_to_end]
epochs = 2
"""
MAJORITY = '[detector]\nname = "majority"\n'


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "micc.toml").write_text(MICC, encoding="utf-8")
    (tmp_path / "majority.toml").write_text(MAJORITY, encoding="utf-8")
    return tmp_path


def parsed(runs: Path, **changes: Any) -> ExperimentConfig:
    values: dict[str, Any] = {
        "title": "t",
        "data": [
            {"name": "en", "folders": ["data/en"]},
            {"name": "zh", "folders": ["data/zh"], "captions": ["data/captions-zh"]},
        ],
        "detectors": [
            {"name": "MICC", "config": runs / "micc.toml"},
            {"name": "majority", "config": runs / "majority.toml"},
        ],
    }
    return ExperimentConfig.parse(values | changes)


def test_data_is_the_entrys_and_captions_where_a_run_has_some(runs: Path) -> None:
    micc, majority = plan_rows(parsed(runs))
    assert micc.runs["en"].data.folders == (Path("data/en"),)
    assert micc.runs["en"].data.captions == (Path("data/own-captions"),)
    assert micc.runs["zh"].data.captions == (Path("data/captions-zh"),)
    assert majority.runs["zh"].data.captions == ()
    assert micc.runs["en"].detector["dropout"] == 0.2  # every default is written out
    assert (micc.seeded("en"), majority.seeded("en")) == (True, False)


def test_parts_of_a_row_serve_their_data(runs: Path) -> None:
    detectors = [
        {"name": "MICC", "config": runs / "micc.toml", "set": ["detector.top_k=1"]},
        {"name": "MICC", "config": runs / "micc.toml", "set": ["detector.top_k=7"], "only": ["zh"]},
        {"name": "majority", "config": runs / "majority.toml", "only": ["en"]},
    ]
    micc, majority = plan_rows(parsed(runs, detectors=detectors))
    assert {data: run.detector["top_k"] for data, run in micc.runs.items()} == {"en": 1, "zh": 7}
    assert list(majority.runs) == ["en"]
    with pytest.raises(InputError, match="'MICC' has 2 configurations for 'en'; keep one"):
        plan_rows(parsed(runs, detectors=[detectors[0], detectors[0]]))
    with pytest.raises(InputError, match="no detector serves the data entry 'zh'"):
        plan_rows(parsed(runs, detectors=[detectors[2]]))


def test_changes_apply_where_they_fit(runs: Path) -> None:
    changes = Changes(["detector.top_k=5", "training.patience=9", "training.stages.end_to_end.epochs=1"])
    micc, majority = plan_rows(parsed(runs), changes)
    assert (micc.runs["en"].detector["top_k"], micc.runs["en"].training.patience) == (5, 9)
    assert majority.runs["en"].training.patience == 9
    assert micc.runs["en"].training.stages["end_to_end"].epochs == 1
    assert majority.runs["en"].training.stages == {}


def test_a_change_can_name_its_row(runs: Path) -> None:
    micc, majority = plan_rows(parsed(runs), Changes(["majority: training.seed=4"]))
    assert (micc.runs["en"].training.seed, majority.runs["en"].training.seed) == (0, 4)


@pytest.mark.parametrize(
    "change", ["detector.topk=5", "MIC: detector.top_k=5", "training.stages.pre.epochs=1"]
)
def test_a_change_that_fits_no_row_is_refused(runs: Path, change: str) -> None:
    with pytest.raises(InputError, match="fits no row of this experiment"):
        plan_rows(parsed(runs), Changes([change]))


def test_towers_come_from_where_the_command_line_says(runs: Path) -> None:
    micc, _ = plan_rows(parsed(runs), Changes(towers={"hub/image": "models/image"}))
    assert micc.runs["en"].detector["image"]["model"] == "models/image"
    assert micc.runs["en"].detector["text"]["model"] == "hub/text"
    with pytest.raises(InputError, match="'hub/imago' fits no row"):
        plan_rows(parsed(runs), Changes(towers={"hub/imago": "models/image"}))


def test_a_sweep_is_every_combination(runs: Path) -> None:
    sweep = {"detector.top_k": [1, 2], "detector.image.receptive_fields": [[24], [24, 48]]}
    rows = plan_rows(parsed(runs, sweep=sweep, detectors=[{"name": "MICC", "config": runs / "micc.toml"}]))
    assert [row.name for row in rows] == [
        "top_k 1, receptive_fields [24]",
        "top_k 1, receptive_fields [24, 48]",
        "top_k 2, receptive_fields [24]",
        "top_k 2, receptive_fields [24, 48]",
    ]
    assert rows[3].settings == {"detector.top_k": 2, "detector.image.receptive_fields": [24, 48]}
    assert rows[3].runs["en"].detector["image"]["receptive_fields"] == [24, 48]
    both = plan_rows(parsed(runs, sweep={"training.patience": [1, 2]}))
    assert [row.name for row in both][:2] == ["MICC, patience 1", "majority, patience 1"]
    with pytest.raises(InputError, match="'MICC, patience 1' is there twice"):
        plan_rows(parsed(runs, sweep={"training.patience": [1, 1]}))


def test_paths_are_relative_to_the_file(runs: Path) -> None:
    (runs / "experiments").mkdir()
    path = runs / "experiments" / "e.toml"
    path.write_text(
        'title = "t"\n[[data]]\nname = "d"\nfolders = ["data/d"]\nsplit = "d.json"\n'
        '[[detectors]]\nname = "MICC"\nconfig = "../micc.toml"\n',
        encoding="utf-8",
    )
    config = read_experiment(path)
    assert config.data[0].split == path.parent / "d.json"
    assert config.data[0].folders == (Path("data/d"),)  # as in a run's file: relative to where one stands
    assert plan_rows(config)[0].runs["d"].detector["top_k"] == 3
    assert is_experiment(path)
    assert not is_experiment(runs / "micc.toml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": [0]}, "unknown key 'seed'; did you mean 'seeds'"),
        ({"seeds": [1, 1]}, "seed 1 is there twice"),
        ({"data": [{"name": "a", "folders": ["x"], "ratios": "8-1-1"}]}, "write train:validation:test"),
        (
            {"data": [{"name": "a", "folders": ["x", "y"], "protocol": "random"}]},
            "only one can be divided anew",
        ),
        ({"data": [{"name": "a", "folders": ["x"]}] * 2}, "data entry 'a' is there twice"),
        ({"detectors": [{"name": "m", "config": "m.toml", "only": ["fr"]}]}, "'fr', which is no data entry"),
    ],
)
def test_mistakes_are_named(runs: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parsed(runs, **changes)
