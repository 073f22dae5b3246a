"""`rumorscope compare`, `ablate` and `sweep` with the toy detector."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evaluation.experiments.small import RUN, SPLITS
from rumorscope.cli import app
from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.stored import load_results
from training.toy import registered, toy_posts, write_manifest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(registered(tmp_path / "site")))
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(tmp_path / "features"))
    monkeypatch.chdir(tmp_path)
    write_manifest(tmp_path / "data", toy_posts(len(SPLITS)), SPLITS)
    (tmp_path / "toy.toml").write_text(RUN, encoding="utf-8")
    (tmp_path / "majority.toml").write_text('[detector]\nname = "majority"\n', encoding="utf-8")
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--jobs", "1"], env={"COLUMNS": "100"})


def test_compare_runs(folder: Path) -> None:
    options = ["--data", "data", "--seeds", "2", "--set", "detector.epochs=1"]
    done = invoke("compare", "toy.toml", "majority.toml", *options)
    assert done.exception is None, done.output
    assert "data, published split" in done.output
    assert "12 test posts" in done.output
    assert "toy" in done.output
    assert "p, Holm" in done.output
    assert "no winner is named" in done.output or "wins" in done.output
    out = folder / "experiments" / "toy-majority"
    results = load_results(out)
    assert {(r.cell.row, r.cell.seed) for r in results.cells} == {("toy", 0), ("toy", 1), ("majority", 0)}
    assert all(r.cell.run.detector["epochs"] == 1 for r in results.of("toy", "data, published split"))
    assert set(results.audits) == {"data, published split"}
    for name in ("report.html", "report.md", "results.json"):
        assert (out / name).is_file()


def test_compare_says_what_failed_and_leaves_with_status_2(folder: Path) -> None:
    (folder / "bad.toml").write_text('[detector]\nname = "toy"\n', encoding="utf-8")
    done = invoke("compare", "bad.toml", "majority.toml", "--data", "data", "--seeds", "1")
    assert isinstance(done.exception, InputError)  # which the command line's end turns into status 2
    assert "1 of 2 cells failed" in str(done.exception)
    assert "learns from captions" in done.output
    assert (folder / "experiments" / "bad-majority" / "report.html").is_file()


def test_ablate_holds_variants_against_the_whole(folder: Path) -> None:
    variants = ["--variant", "short: detector.epochs=1; detector.dropout=0"]
    done = invoke("ablate", "toy.toml", *variants, "--data", "data", "--seeds", "1", "--to", "out/ablation")
    assert done.exception is None, done.output
    assert "accuracy against toy" in done.output
    results = load_results(folder / "out" / "ablation")
    assert (results.kind, results.row_names) == ("ablate", ("toy", "short"))
    assert (folder / "out" / ".cache" / "cells").is_dir()


def test_sweep_says_what_it_chose_and_opened(folder: Path) -> None:
    options = ["--over", "detector.epochs=1,2", "--data", "data", "--seeds", "1", "--to", "out"]
    done = invoke("sweep", "toy.toml", *options)
    assert done.exception is None, done.output
    assert "Chosen on validation posts, by the mean AUC over seeds: epochs" in done.output
    assert "opened for this setting alone, by 1 runs" in done.output
    every = invoke("sweep", "toy.toml", *options, "--open-test", "every")
    assert "opened for every setting, by 2 runs" in every.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "toy.toml"], "names no data; give it with --data"),
        (["compare", "toy.toml", "toy.toml", "--data", "data"], "two runs are named toy"),
        (["compare", "toy.toml", "--protocol", "random"], "give that too"),
        (["compare", "toy.toml", "--data", "data", "--set", "detector.epoch=1"], "fits no row"),
        (["compare", "toy.toml", "--data", "data", "--tower", "clip"], "write NAME=FOLDER"),
        (["ablate", "toy.toml", "--data", "data"], "no variant; name one"),
        (["ablate", "toy.toml", "--data", "data", "--variant", "short"], "write NAME: KEY=VALUE"),
        (["sweep", "toy.toml", "--data", "data"], "varies nothing"),
        (["sweep", "toy.toml", "--data", "data", "--over", "detector.epochs"], "write KEY=VALUE,VALUE"),
    ],
)
def test_mistakes_are_the_users_and_named(folder: Path, arguments: list[str], message: str) -> None:
    done = invoke(*arguments)
    assert isinstance(done.exception, InputError)
    assert message in str(done.exception)


def test_over_reads_lists_and_bare_words(folder: Path) -> None:
    from rumorscope.evaluation.experiments.adhoc import experiment_over
    from rumorscope.evaluation.experiments.config import DataEntry

    entry = DataEntry(name="d", folders=(Path("data"),))
    over = ["detector.image.receptive_fields=[24], [24, 48]", "detector.variant=full,ms_alpha"]
    assert experiment_over(Path("toy.toml"), over, entry).sweep == {
        "detector.image.receptive_fields": ([24], [24, 48]),
        "detector.variant": ("full", "ms_alpha"),
    }
