"""`rumorscope data split` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rumorscope.cli import app
from rumorscope.data.split_file import read_split
from rumorscope.errors import InputError
from rumorscope.post import Label, Post
from training.toy import write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty posts of seven events; the largest has ten posts, and the smallest is all rumor."""
    events = ["flood"] * 10 + [f"e{n // 5}" for n in range(25)] + ["hoax"] * 5
    posts = [Post(str(n), "", (), Label(n % 2 or n >= 35), event) for n, event in enumerate(events)]
    return write_manifest(tmp_path / "posts", posts, [None] * 40)


def split(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "split", *map(str, arguments)])


def test_says_what_came_out_and_writes_it(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "split.json"
    done = split(folder, "--protocol", "random", "--ratios", "70:10:20", "--seed", "3", "--to", file)
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line.split()[1:3] for line in done.output.splitlines() if "%" in line}
    assert rows == {"train": ["28", "70.0%"], "validation": ["4", "10.0%"], "test": ["8", "20.0%"]}
    plan = read_split(file)
    assert (plan.protocol, plan.seed, plan.ratios) == ("random", 3, (0.7, 0.1, 0.2))
    assert f"rumorscope data audit {folder} --split-file {file}" in done.output.replace("\n", " ")


def test_the_same_seed_writes_the_same_file(folder: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        assert split(folder, "--protocol", "event", "--seed", seed, "--to", file).exit_code == 0
    first, again, other = (file.read_bytes() for file in files)
    assert first == again != other


def test_folds_are_shown_and_warned_of(folder: Path, tmp_path: Path) -> None:
    done = split(folder, "--protocol", "leave_one_event_out", "--to", tmp_path / "split.json")
    assert done.exit_code == 0, done.output
    assert [fold.name for fold in read_split(tmp_path / "split.json").folds] == [
        "flood", "e0", "e1", "e2", "e3", "e4", "hoax",
    ]  # fmt: skip
    shown = [line.strip() for line in done.output.splitlines()]
    assert {"flood", "hoax"} <= set(shown)
    beware = " ".join(done.output.split())
    assert "beware: all test posts are rumors, so AUC and macro-F1 have no value there (fold hoax)" in beware
    assert "beware: most of the validation posts are of one event" in beware


def test_a_split_far_from_the_ratios_is_warned_of(tmp_path: Path) -> None:
    posts = [Post(str(n), "", (), Label(n % 2), "big" if n < 34 else f"e{n % 2}") for n in range(40)]
    folder = write_manifest(tmp_path / "posts", posts, [None] * 40)
    done = split(folder, "--ratios", "5:2:3", "--to", tmp_path / "split.json")
    said = " ".join(done.output.split())
    assert "beware: most of the train posts are of one event, big" in said
    assert "beware: 85% of the posts are train posts, not 50%: groups stay whole" in said


def test_no_other_file_is_overwritten(folder: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    notes.write_text(json.dumps({"mine": 1}))
    done = split(folder, "--to", notes)
    assert isinstance(done.exception, InputError)
    assert "is no split file" in str(done.exception)
    assert json.loads(notes.read_text()) == {"mine": 1}
    done = split(folder, "--to", tmp_path / "absent" / "split.json")
    assert "make it first" in str(done.exception)
    done = split(folder, "--ratios", "8-1-1", "--to", tmp_path / "split.json")
    assert "write train:validation:test" in str(done.exception)
