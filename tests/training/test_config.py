from __future__ import annotations

from pathlib import Path

import pytest

from rumorscope.errors import InputError
from rumorscope.training.config import RunConfig, differences, read_run_config
from training.toy import ToyConfig

BASE = """
[detector]
name = "toy"
dropout = 0.1
[data]
folders = ["posts"]
[training.stages.end_to_end]
epochs = 5
"""


@pytest.fixture
def path(tmp_path: Path, toy_detector: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(BASE)
    return path


def test_reads_and_fills_in(path: Path) -> None:
    config = read_run_config(path)
    assert config.name == "toy"
    assert config.training.stage("end_to_end").epochs == 5
    assert config.training.stage("pretraining").learning_rate_scale == 1.0
    assert config.resolved().detector == {"name": "toy", **ToyConfig(dropout=0.1).model_dump()}
    assert config.resolved().resolved() == config.resolved()


def test_changes_take_the_place_of_keys(path: Path) -> None:
    changes = [
        "training.seed=7",
        "detector.dropout = 0.5",
        "data.hold_out.by=image",
        "training.stages.end_to_end.epochs=2",
    ]
    config = read_run_config(path, changes, folders=[Path("a"), Path("b")], captions=[Path("c")])
    assert config.training.seed == 7
    assert config.detector["dropout"] == 0.5
    assert config.data.hold_out is not None
    assert config.data.hold_out.by == "image"
    assert config.training.stage("end_to_end").epochs == 2
    assert config.data.folders == (Path("a"), Path("b"))
    assert config.data.captions == (Path("c"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("training.patence=3", r"unknown key 'training.patence'; did you mean 'patience'\?"),
        ("training.patience=0", "training.patience = 0"),
        ("training.mixed_precision=fp8", "training.mixed_precision = 'fp8'"),
        ("training.stages.end_to_end.epochs=-1", "epochs = -1"),
        ("data.hold_out.fraction=1", "data.hold_out.fraction = 1"),
        ("detector.drop=0.1", r"\[detector\] of toy: unknown key 'drop'; did you mean 'dropout'\?"),
        ("detector.dropout=much", r"dropout = 'much'"),
        ("detector.name=toys", r"unknown detector 'toys'; did you mean 'toy'\?"),
        ("training.seed", "write it as section.key=value"),
        ("seed=3", "write it as section.key=value"),
        ("detector.dropout.more=1", "dropout is a value, not a section"),
    ],
)
def test_mistakes_are_named(path: Path, change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_run_config(path, [change])


@pytest.mark.parametrize("text", ["", "[detector]\ndropout = 0.1", "detector = 3"])
def test_a_detector_is_needed(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match=r"\[detector\] needs a name"):
        read_run_config(path)


def test_differences_are_named() -> None:
    before = {"training": {"seed": 1, "patience": 3}, "data": {"folders": ["a"]}}
    after = {"training": {"seed": 2, "patience": 3}, "data": {"folders": ["a"]}, "more": True}
    assert differences(before, after) == ["more: null → true", "training.seed: 1 → 2"]
    assert differences(before, before) == []


def test_test_posts_cannot_be_asked_for() -> None:
    with pytest.raises(InputError, match=r"unknown key 'data.train_on'"):
        RunConfig.parse({"detector": {"name": "toy"}, "data": {"train_on": "test"}})
