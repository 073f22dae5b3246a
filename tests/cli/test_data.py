"""`rumorscope data`: the commands as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from rumorscope.cli import app
from rumorscope.data.adapters import adapter_names

HEADER = "post_id\tpost_text\tuser_id\timage_id(s)\tusername\ttimestamp\tlabel"
TIME = "Wed Apr 17 18:57:37 +0000 2013"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    (folder / "images_train").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(folder / "images_train" / "boston_fake_03.png")
    rows = [f"1\tshark\t7\tboston_fake_03\tn\t{TIME}\tfake", f"2\tboy\t7\tsyrianboy_1\tn\t{TIME}\tfake"]
    (folder / "train_posts.txt").write_text("\n".join([HEADER, *rows]) + "\n")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, arguments)])


def test_import_then_check(source: Path, tmp_path: Path) -> None:
    imported = run("import", "twitter-mediaeval", source, "--to", tmp_path / "to")
    assert imported.exit_code == 0, imported.output
    assert "syrianboy_1" in imported.output
    assert (tmp_path / "to" / "account.csv").read_text().splitlines() == [
        "row,outcome,reason",
        "1,kept,",
        "2,dropped,no still picture of syrianboy_1",
    ]
    checked = run("check", tmp_path / "to")
    assert checked.exit_code == 0, checked.output
    assert "boston" in checked.output
    assert "nothing is wrong with" in checked.output


def test_check_lists_every_problem(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "", "label": 5}, {"id": "2", "text": "fine"}, {"id": "2", "text": ""}]
    (tmp_path / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    checked = run("check", tmp_path)
    assert "line 1: label = 5: unknown label" in checked.output
    assert "line 3: the id '2' was used on line 2" in checked.output
    assert "has 2 problems, listed above" in str(checked.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "phemee", ".", "--to", "x"], "did you mean 'pheme'?"),
        (["import", "pheme", "absent", "--to", "x"], "absent is no folder"),
        (["check", "absent"], "absent holds no metadata.jsonl"),
    ],
)
def test_a_users_mistake_is_one_line_and_status_2(arguments: list[str], message: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from rumorscope.cli import main; main()", "data", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_every_dataset() -> None:
    output = run("import", "--help").output
    assert [name for name in adapter_names() if name not in output] == []
