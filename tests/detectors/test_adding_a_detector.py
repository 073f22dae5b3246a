"""The page on adding a detector shows a file that works, and works as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.contract import CHECKS, Case, check_saved_and_loaded_gives_equal_logits
from rumorscope.cli import app
from rumorscope.detectors import detector_class
from tiny import tiny_clip, tiny_posts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-detector.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The one code block of the page in that language which holds the words."""
    (found,) = [b for b in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if containing in b]
    return found


def test_the_page_shows_the_example_as_it_is() -> None:
    assert block("python", "class TwoScores") == (ROOT / "examples" / "two_scores.py").read_text(
        encoding="utf-8"
    )


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """The page's detector, installed beside rumorscope as the page's entry point registers it."""
    package, information = tmp_path / "my_package", tmp_path / "my_package-1.0.dist-info"
    package.mkdir()
    (package / "two_scores.py").write_text(block("python", "class TwoScores"), encoding="utf-8")
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    points = block("toml", "entry-points").replace('"', "").replace("[project.entry-points.", "[")
    (information / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    return Case(detector_class("two_scores"), tiny_clip(tmp_path / "clip"))


def test_it_keeps_the_contract(case: Case, tmp_path: Path) -> None:
    for check in CHECKS:
        check(case)
    check_saved_and_loaded_gives_equal_logits(case, tmp_path)


def test_the_pages_commands_list_and_train_it(case: Case, tmp_path: Path) -> None:
    run, folder = tmp_path / "run.toml", tmp_path / "run"
    run.write_text(block("toml", "[data]"))
    towers = [f"--set=detector.{tower}.model={case.towers}" for tower in ("text", "image")]
    smaller = ["--set=detector.image.image_size=64", "--set=detector.epochs=2"]
    data = f"--data={write_manifest(tmp_path / 'data')}"
    assert "learning_rate" in invoke("detectors", "two_scores")
    invoke("train", str(run), data, f"--to={folder}", *towers, *smaller)
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in history] == ["classification", "classification"]
    record = json.loads((folder / "checkpoint" / "checkpoint.json").read_text())
    assert (record["detector"], record["config"]["learning_rate"]) == ("two_scores", 3e-4)


def invoke(*words: str) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def write_manifest(folder: Path) -> Path:
    """The eight posts, to learn from and to validate on."""
    rows = [
        {
            "id": f"{split} {post.id}",
            "text": post.text,
            "file_names": [image.name for image in post.images if isinstance(image, Path)],
            "label": post.label,
            "split": split,
        }
        for split in ("train", "validation")
        for post in tiny_posts(folder)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
