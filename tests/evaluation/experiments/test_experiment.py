from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.experiments.small import Watching, experiment, run, table
from rumorscope.data.manifest import load_manifest
from rumorscope.evaluation.experiments.experiment import Limits
from rumorscope.evaluation.experiments.stored import load_results
from rumorscope.evaluation.openings import OPENINGS, open_test
from rumorscope.evaluation.predictions import predict
from rumorscope.training.checkpoint import load_checkpoint
from rumorscope.training.config import read_run_config
from rumorscope.training.run import train_run


def test_a_cell_is_what_training_and_judging_by_hand_give(folder: Path) -> None:
    results = run(folder, experiment(folder))
    [found] = [r for r in results.cells if (r.cell.row, r.cell.seed) == ("frozen", 1)]
    changes = ["detector.image_learning_rate=0", "training.seed=1"]
    config = read_run_config(folder / "toy.toml", changes, folders=[folder / "data"])
    checkpoint = load_checkpoint(train_run(config, folder / "by-hand").checkpoint)
    posts = open_test(checkpoint, load_manifest(folder / "data")).posts
    assert found.predictions is not None
    assert found.predictions.ids == tuple(post.id for post in posts)
    by_hand = predict(checkpoint.detector, checkpoint.calibration, posts)
    np.testing.assert_array_equal(found.predictions.probabilities, by_hand)
    assert found.thresholds is not None
    assert set(found.thresholds) == {0.4}
    assert found.validation == checkpoint.details["validation"]


def test_rows_folds_and_seeds_are_all_there(folder: Path) -> None:
    data = [
        {"name": "own", "folders": [folder / "data"]},
        {"name": "folds", "folders": [folder / "data"], "protocol": "stratified", "folds": 3},
    ]
    results = run(folder, experiment(folder, data=data))
    assert (results.row_names, results.data_names) == (("whole", "frozen"), ("own", "folds"))
    assert len(results.cells) == 2 * 2 * (1 + 3)
    assert results.failures == ()
    pooled = results.pooled("whole", "folds")
    assert sorted(pooled.ids, key=int) == [str(number) for number in range(30)]  # each post is tested once
    assert pooled.probabilities.shape == (2, 30)
    assert results.judged_rows("folds") == ("whole", "frozen")
    assert all(result.openings == 1 for result in results.cells)
    assert len(list((folder / "out" / "splits").glob("folds-*.json"))) == 1


def test_only_the_first_seed_keeps_weights_and_features(folder: Path) -> None:
    for result in run(folder, experiment(folder)).cells:
        first = result.cell.seed == 0
        assert (result.folder / "checkpoint").is_dir() is first
        assert (result.features is not None) is first
    kept = run(folder, experiment(folder, seeds=[2, 3]), limits=Limits(1, keep_checkpoints=True))
    assert all((result.folder / "checkpoint").is_dir() for result in kept.cells)


def test_results_are_read_back_and_the_folder_can_be_moved(folder: Path) -> None:
    results = run(folder, experiment(folder))
    for name in ("out", "cache"):
        (folder / "elsewhere").mkdir(exist_ok=True)
        (folder / name).rename(folder / "elsewhere" / name)
    again = load_results(folder / "elsewhere" / "out")
    assert [result.cell for result in again.cells] == [result.cell for result in results.cells]
    before, after = results.pooled("whole", "own"), again.pooled("whole", "own")
    np.testing.assert_array_equal(before.probabilities, after.probabilities)
    np.testing.assert_array_equal(before.called, after.called)
    assert (after.ids, after.events) == (before.ids, before.events)
    first = again.cells[0]
    assert first.features is not None
    assert first.features.is_file()
    assert (first.folder / "checkpoint").is_dir()


def test_a_finished_cell_is_never_computed_again(folder: Path) -> None:
    """Not by the same experiment, not by another one, nor with the same data in another folder."""
    run(folder, experiment(folder))
    again = Watching()
    run(folder, experiment(folder), watching=again)
    assert again.started_names == []
    (folder / "moved").symlink_to(folder / "data")
    other = experiment(
        folder,
        title="another",
        seeds=[1, 0],
        data=[{"name": "moved", "folders": [folder / "moved"]}],
        detectors=[{"name": "toy", "config": folder / "toy.toml"}],
    )
    run(folder, other, to="other", watching=again)
    assert again.started_names == []
    run(folder, experiment(folder, seeds=[0, 1, 2]), watching=again)
    assert again.started_names == ["whole, own, seed 2", "frozen, own, seed 2"]


def test_a_failing_cell_stops_no_other_and_is_tried_again(folder: Path) -> None:
    (folder / "bad.toml").write_text(
        '[detector]\nname = "toy"\n', encoding="utf-8"
    )  # no captions to pretrain on
    detectors = [{"name": name, "config": folder / f"{name}.toml"} for name in ("bad", "toy")]
    results = run(folder, experiment(folder, detectors=detectors))
    assert [failure.cell.name for failure in results.failures] == ["bad, own, seed 0", "bad, own, seed 1"]
    assert "learns from captions, and the run has none" in results.failures[0].error
    assert results.judged_rows("own") == ("toy",)
    assert results.row_names == ("bad", "toy")
    loaded = load_results(folder / "out")
    assert loaded.failures == results.failures
    watching = Watching()
    run(folder, experiment(folder, detectors=detectors), watching=watching)
    assert watching.started_names == ["bad, own, seed 0", "bad, own, seed 1"]


def test_a_detector_without_seeds_runs_once(folder: Path) -> None:
    (folder / "majority.toml").write_text('[detector]\nname = "majority"\n', encoding="utf-8")
    detectors = [{"name": name, "config": folder / f"{name}.toml"} for name in ("majority", "toy")]
    results = run(folder, experiment(folder, detectors=detectors))
    assert len(results.of("majority", "own")) == 1
    assert len(results.of("toy", "own")) == 2
    pooled = results.pooled("majority", "own")
    assert (pooled.seeds, pooled.seeded) == (1, False)


def test_parallel_processes_come_to_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, experiment(folder), to="one")
    (folder / "cache").rename(folder / "cache-of-one")
    watching = Watching()
    run(folder, experiment(folder), to="two", limits=Limits(processes=2), watching=watching)
    assert len(watching.started_names) == 4
    assert table(folder / "one") == table(folder / "two")


def test_a_sweep_opens_the_test_for_what_validation_chose(folder: Path) -> None:
    config = experiment(
        folder,
        detectors=[{"name": "toy", "config": folder / "toy.toml"}],
        sweep={"detector.epochs": [1, 3], "detector.image_learning_rate": [0, 0.01]},
    )
    results = run(folder, config, kind="sweep")
    assert len(results.row_names) == 4
    assert results.row_names[1] == "epochs 1, image_learning_rate 0.01"
    assert results.cells[0].cell.settings == {"detector.epochs": 1, "detector.image_learning_rate": 0}
    means = {
        row: np.mean([result.validation["auc"] for result in results.of(row, "own")])
        for row in results.row_names
    }
    assert results.chosen == {"own": max(means, key=means.__getitem__)}
    for result in results.cells:
        chosen = result.cell.row == results.chosen["own"]
        assert (result.predictions is not None) is chosen
        assert (result.folder / OPENINGS).is_file() is chosen
        assert (result.folder / "checkpoint").is_dir() is (result.cell.seed == 0)
    assert results.judged_rows("own") == (results.chosen["own"],)
    watching = Watching()
    again = run(folder, config, kind="sweep", watching=watching)
    assert watching.started_names == []
    assert again.chosen == results.chosen
    every = run(folder, config, kind="sweep", limits=Limits(1, open_test="every"))
    assert every.chosen == results.chosen
    assert len(every.judged_rows("own")) == 4


def test_a_sweep_without_validation_is_refused(folder: Path) -> None:
    from rumorscope.errors import InputError

    (folder / "lookup.toml").write_text('[detector]\nname = "majority"\n', encoding="utf-8")
    config = experiment(
        folder,
        data=[{"name": "random", "folders": [folder / "data"], "protocol": "random", "ratios": "8:0:2"}],
        detectors=[{"name": "lookup", "config": folder / "lookup.toml"}],
        sweep={"training.uncertain": [0.0, 0.1]},
    )
    with pytest.raises(InputError, match="has no auc on validation posts, which the sweep chooses by"):
        run(folder, config, kind="sweep")
