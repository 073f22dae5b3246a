"""`rumorscope faithfulness` and `robustness`, from a saved checkpoint and a manifest to what they write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rumorscope.cli import app, main
from rumorscope.explanation.words import faithfulness
from rumorscope.scoring.scorer import Scorer
from scoring.tiny_run import tiny_run
from tiny import tiny_posts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_run(tmp_path_factory.mktemp("run"))
    (folder / "history.jsonl").touch()
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows = [
        {"id": f"{split}-{post.id}", "text": post.text, "label": post.label, "split": split,
         "file_names": [source.name for source in post.images if isinstance(source, Path)]}
        for split in ("validation", "test")
        for post in tiny_posts(folder)
    ]  # fmt: skip
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_evidence_tells_what_was_measured(run: Path, data: Path) -> None:
    (post,) = [post for post in tiny_posts() if post.id == "0"]
    (before,) = Scorer.load(run)([post], explain=True)
    assert "was not measured for this detector" in (faithfulness(before) or "")
    output = invoke("faithfulness", run, "--data", data, "--posts", 2, "--steps", 2, "--draws", 1)
    assert "Tested on 2 posts, what the frames hold" in output
    assert "This run has looked at this test data once." in output
    kept = json.loads((run / "faithfulness.json").read_text())
    assert (kept["split"], kept["posts"], kept["effort"]["steps"]) == ("test", 2, 2)
    assert list(kept["methods"]) == ["weights", "relevance", "occlusion", "random"]
    (after,) = Scorer.load(run)([post], explain=True)
    assert faithfulness(after) == kept["sentence"]
    assert (after.rumor_probability, after.checkpoint) == (before.rumor_probability, before.checkpoint)


def test_robustness_writes_what_it_prints(run: Path, data: Path, tmp_path: Path) -> None:
    arguments = ["--only", "flip", "--only", "upper_case", "--resamples", 100, "--split", "validation"]
    files = [tmp_path / f"found{suffix}" for suffix in (".md", ".csv", ".json")]
    for file in files:
        output = invoke("robustness", run, "--data", data, *arguments, "--to", file)
    assert "8 posts as they are: accuracy" in output
    assert "looked at" not in output
    values = json.loads(files[2].read_text())
    assert [effect["name"] for effect in values["effects"]] == ["flip", "upper_case"]
    assert values["effects"][0]["touched"]["posts"] == 7
    assert "| `flip` (left and right exchanged) | 7 |" in files[0].read_text()
    assert len(files[1].read_text().splitlines()) == 1 + 2 * 2 * 5


def test_each_command_is_one_look_at_the_test_data(run: Path, data: Path, tmp_path: Path) -> None:
    looks = [
        invoke("robustness", run, "--data", data, "--only", "flip", "--posts", 4, "--resamples", 100,
               "--show", tmp_path / "shown")
        for _ in range(2)
    ]  # fmt: skip
    assert looks[0].split("This run has looked")[0] == looks[1].split("This run has looked")[0]
    assert looks[0] != looks[1]
    assert (tmp_path / "shown" / "flip-1-after.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "rotate"], "there is no perturbation 'rotate'; there are: jpeg_50"),
        (["--to", "found.html"], "--to found.html: the name must end in .md, .csv, .json"),
        (["--to", "nowhere/found.md"], "cannot write nowhere/found.md: name a file in a folder"),
    ],
)
def test_what_cannot_work_is_said_before_the_test_data_is_opened(
    run: Path,
    data: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = run / "openings.jsonl"
    before = ledger.read_text() if ledger.is_file() else None
    monkeypatch.setattr("sys.argv", ["rumorscope", "robustness", str(run), "--data", str(data), *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
    assert (ledger.read_text() if ledger.is_file() else None) == before
