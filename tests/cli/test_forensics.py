"""`rumorscope forensics` from files to tables, JSON and a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from forensics.made import Finder, finder_run, forgery_set
from rumorscope.cli import app
from rumorscope.errors import InputError
from rumorscope.training import checkpoint
from training.toy import toy_posts, write_manifest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return forgery_set(tmp_path / "data")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoint, "detector_class", lambda name: Finder)
    return finder_run(tmp_path / "run")


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["forensics", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def numbers(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_baselines_alone(data: Path, tmp_path: Path) -> None:
    output = _run("measure", "--data", data, "--resamples", 100, "--json", tmp_path / "n.json")
    assert "6 pictures, 3 of them tampered (50.0%)" in output
    assert "bootstrap over 3 groups of sources" in output
    assert "intervals come out too narrow" in output
    assert "JPEG-table look-up" in output
    assert "looked at this test data" not in output
    values = numbers(tmp_path / "n.json")
    assert values["whole"]["JPEG-table look-up"]["value"] == 1
    assert (values["openings"], values["checkpoint"], values["split"]) == (None, None, "test")


def test_a_run_beside_them(run: Path, data: Path, tmp_path: Path) -> None:
    for looks in ("once", "2 times"):
        output = _run("measure", run, "--data", data, "--resamples", 100, "--json", tmp_path / "n.json")
        assert f"This run has looked at this test data {looks}." in output
    values = numbers(tmp_path / "n.json")
    assert values["whole"]["finder"]["value"] == 1
    assert values["openings"] == 2


def test_saved_anew_no_file_tells_how_it_was_made(run: Path, data: Path, tmp_path: Path) -> None:
    output = _run("measure", run, "--data", data, "--split", "train", "--resave", 70,
                  "--json", tmp_path / "n.json")  # fmt: skip
    assert "Every picture was first saved as JPEG of quality 70." in output
    assert "looked at" not in output
    assert numbers(tmp_path / "n.json")["whole"]["JPEG-table look-up"]["value"] == 0.5


def test_posts_of_which_nothing_is_known(tmp_path: Path) -> None:
    folder = write_manifest(tmp_path / "posts", toy_posts(4), ["train", "test", "test", "test"])
    with pytest.raises(InputError, match="says of no picture of the split 'test' whether it was altered"):
        _run("measure", "--data", folder)


def test_inspecting_a_picture(run: Path, data: Path, tmp_path: Path) -> None:
    page, record = tmp_path / "page.html", tmp_path / "found.json"
    output = _run("inspect", data / "tp1.jpg", "--run", run, "--out", page, "--json", record)
    assert "File: JPEG, 64 × 48 pixels, quality about 80" in output
    assert "The detector takes the picture for altered with a probability of >99%" in output
    assert "Judged by finder, checkpoint" in output
    assert "Traces of manipulation" in page.read_text()
    values = numbers(record)
    assert values["manipulation"]["probability"] > 0.99
    assert len(values["manipulation"]["values"]) == 8
    assert (values["metadata"]["jpeg_quality"], values["error_level"]["quality"]) == (80, 90)


def test_inspecting_without_a_detector(data: Path, tmp_path: Path) -> None:
    assert "altered" not in _run("inspect", data / "tp1.jpg", "--json", tmp_path / "found.json")
    assert numbers(tmp_path / "found.json")["manipulation"] is None


def test_what_cannot_be_inspected(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.html"):
        _run("inspect", data / "tp1.jpg", "--out", tmp_path / "page.pdf")
    with pytest.raises(InputError, match="no such image file"):
        _run("inspect", data / "absent.jpg")
    with pytest.raises(InputError, match="not a readable picture"):
        _run("inspect", data / "metadata.jsonl")
    with pytest.raises(InputError, match="micc does not look for manipulation"):
        _run("inspect", data / "tp1.jpg", "--run", "compact")
