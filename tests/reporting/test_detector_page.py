"""The page on all detectors, made of a small experiment that was really run."""

from __future__ import annotations

import json
import runpy
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from evaluation.experiments.small import RUN, SPLITS, experiment, run
from rumorscope.detectors import detector_class, detector_names
from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.stored import load_results
from rumorscope.evaluation.significance import estimate
from rumorscope.post import Post
from rumorscope.reporting.detector_page import (
    Measured,
    detectors_table,
    measure_detectors,
    posts_with_pictures_of_their_own,
)
from rumorscope.reporting.table import markdown_text
from training.toy import WIDTH, registered, toy, toy_posts, write_manifest

BASELINE = '[detector]\nname = "lookup"\n'
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "detectors.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """out/ holds the results of the toy, of the toy with a frozen tower, and of a look-up."""
    folder = tmp_path_factory.mktemp("experiment")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(registered(folder / "site")))
        patch.setenv("RUMORSCOPE_CACHE", str(folder / "features"))
        write_manifest(folder / "data", toy_posts(len(SPLITS)), SPLITS)
        (folder / "toy.toml").write_text(RUN, encoding="utf-8")
        (folder / "lookup.toml").write_text(BASELINE, encoding="utf-8")
        rows = [
            {"name": "whole", "config": folder / "toy.toml"},
            {"name": "frozen", "config": folder / "toy.toml", "set": ["detector.image_learning_rate=0"]},
            {"name": "look-up", "config": folder / "lookup.toml"},
        ]
        run(folder, experiment(folder, detectors=rows))
        yield folder


@pytest.fixture(scope="module")
def measured(folder: Path) -> dict[str, Measured]:
    return {one.row: one for one in measure_detectors(load_results(folder / "out"), batches=1)}


def test_every_row_is_there_in_the_experiments_order(measured: dict[str, Measured]) -> None:
    assert list(measured) == ["whole", "frozen", "look-up"]
    assert [one.name for one in measured.values()] == ["toy", "toy", "lookup"]
    for one in measured.values():
        kind = detector_class(one.name)
        assert (one.paper, one.idea) == (kind.paper, kind.idea)
    assert measured["whole"].reads == ("text", "pictures")
    assert measured["look-up"].reads == ("pictures",)


def test_parameters_and_products_are_the_detectors(measured: dict[str, Measured]) -> None:
    detector = toy()
    everything = sum(parameter.numel() for parameter in detector.parameters())
    tower = sum(parameter.numel() for parameter in detector.image.parameters())
    assert (measured["whole"].learned, measured["whole"].parameters) == (everything, everything)
    assert (measured["frozen"].learned, measured["frozen"].parameters) == (everything - tower, everything)
    assert measured["whole"].multiply_adds == 16 * 16 * 3 * WIDTH + 2 * WIDTH * WIDTH + 2 * WIDTH
    assert (measured["look-up"].learned, measured["look-up"].multiply_adds) == (0, 0)


def test_accuracy_and_seconds_are_those_of_the_experiment(
    folder: Path, measured: dict[str, Measured]
) -> None:
    results = load_results(folder / "out")
    for row, one in measured.items():
        assert one.accuracy == estimate(results.pooled(row, "own"))["accuracy"]
        histories = [cell.folder / "history.jsonl" for cell in results.of(row, "own")]
        lines = [json.loads(line) for path in histories for line in path.read_text().splitlines()]
        assert one.epoch_seconds == statistics.median(line["seconds"] for line in lines)
        assert one.posts_per_second > 0


def test_the_table_shows_one_line_a_row(measured: dict[str, Measured]) -> None:
    table = detectors_table(list(measured.values()))
    assert [row[0] for row in table.rows] == ["whole", "frozen", "look-up"]
    shown = table.shown()[0]
    assert shown[2] == "text and pictures"
    assert shown[5] == "0"  # millions


def test_speed_is_measured_on_pictures_that_differ() -> None:
    red, blue = b"red", b"blue"
    posts = [Post("0", ""), Post("1", "", (red,)), Post("2", "", (red,)), Post("3", "", (blue, red))]
    assert [post.id for post in posts_with_pictures_of_their_own(posts, 5)] == ["1", "3"]
    assert [post.id for post in posts_with_pictures_of_their_own(posts, 1)] == ["1"]


def test_the_command_writes_the_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, threads = folder / "detectors.md", torch.get_num_threads()
    main = runpy.run_path(str(BENCHMARK))["main"]
    main([str(folder / "out"), "--to", str(page), "--batches", "1", "--threads", str(threads)])
    assert str(page) in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    for row, name in (("whole", "toy"), ("frozen", "toy"), ("look-up", "lookup")):
        assert f"| {row} | {detector_class(name).idea} |" in text
        assert f"| {row} | {name} | {detector_class(name).paper} |" in text
    assert "own, test posts, seeds 0, 1." in text
    assert "    python benchmarks/detectors.py experiments/out --to docs/detectors.md\n" in text
    assert "$" not in text
    assert str(folder) not in text  # what is published names no folder of a machine


def test_a_history_that_is_gone_is_told(folder: Path) -> None:
    results = load_results(folder / "out")
    history = results.of("whole", "own")[1].folder / "history.jsonl"
    moved = history.rename(history.with_suffix(".gone"))
    try:
        with pytest.raises(InputError, match="lost its history"):
            measure_detectors(results, batches=1)
    finally:
        moved.rename(history)


def test_the_published_page_has_every_detector_with_its_idea() -> None:
    page = (BENCHMARK.parents[1] / "docs" / "detectors.md").read_text(encoding="utf-8")
    known = {name: detector_class(name) for name in detector_names()}  # the toy of these tests among them
    kinds = {name: kind for name, kind in known.items() if kind.__module__.startswith("rumorscope.")}
    assert "micc" in kinds
    assert [name for name in kinds if f"| {markdown_text(name)} |" not in page] == []
    assert [name for name, kind in kinds.items() if markdown_text(kind.idea) not in page] == []
