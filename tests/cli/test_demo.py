from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rumorscope.cli import app
from rumorscope.cli import demo as command
from rumorscope.errors import InputError
from scoring.tiny_run import tiny_run

ATTRIBUTION = Path(__file__).parents[2] / "examples" / "posts" / "ATTRIBUTION.md"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_run(tmp_path_factory.mktemp("tiny"))


def demo(folder: Path, run: Path) -> str:
    arguments = ["demo", "--to", str(folder), "--run", str(run)]
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_judges_and_explains_every_post(run: Path, tmp_path: Path) -> None:
    said = demo(tmp_path / "demo", run)
    examples = command.read_examples()
    rows = [json.loads(line) for line in (tmp_path / "demo" / "posts.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [post["id"] for post in examples["posts"]]
    for post in examples["posts"]:
        assert post["id"] in said
        assert (tmp_path / "demo" / f"{post['id']}.html").is_file() == (post["id"] != "cut-off")
    assert "not a readable picture" in " ".join(said.split())
    assert "missile, in full" in said
    assert "rumorscope score" in said
    for name, picture in examples["pictures"].items():
        assert command.credit(name, picture) in said
        assert picture["author"] in (tmp_path / "demo" / "ATTRIBUTION.md").read_text("utf-8")


def test_does_with_what_is_installed(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = command.picture_file
    monkeypatch.setattr(command, "picture_file", lambda p: found(p) if p["package"] == "sklearn" else None)
    said = demo(tmp_path, run)
    assert "pip install 'rumorscope[demo]'" in said
    assert "palace-fire, in full" in said
    assert not (tmp_path / "missile.html").exists()


def test_a_folder_that_cannot_be_written_is_told(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another --to"):
        demo(tmp_path / "file", run)


def test_every_picture_is_credited() -> None:
    text = ATTRIBUTION.read_text("utf-8")
    examples = command.read_examples()
    for name, picture in examples["pictures"].items():
        assert f"- {command.credit(name, picture)}\n" in text
        assert command.picture_file(picture) is not None
    used = {name for post in examples["posts"] for name in post["images"]}
    assert used == {*examples["pictures"], "cut-off.jpg"}
