"""`rumorscope calibrate` from a saved checkpoint and validation posts to a changed checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rumorscope.cli import app, main
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.checkpoint import load_checkpoint
from scoring.tiny_run import tiny_run
from tiny import tiny_posts


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tiny_run(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [
        {
            "id": f"{split}-{copy}-{post.id}",
            "text": f"{post.text} {copy}",
            "file_names": [source.name for source in post.images if isinstance(source, Path)],
            "label": post.label,
            "split": split,
        }
        for split in ("validation", "test")
        for copy in range(3)
        for post in tiny_posts(folder)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def _calibrate(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_chooses_prints_and_saves(run: Path, data: Path) -> None:
    before = load_checkpoint(run / "checkpoint")
    printed = _calibrate(
        run,
        "--data",
        data,
        "--method",
        "isotonic",
        "--threshold",
        "f1",
        "--coverage",
        0.5,
        "--cluster",
        "none",
    )
    after = load_checkpoint(run / "checkpoint")
    assert after.hash != before.hash
    assert after.calibration.isotonic is not None
    assert after.details["calibrated"]["method"] == "isotonic"
    assert after.details["calibrated"]["before"] == before.hash
    for row in ("as it was", "temperature", "isotonic", "none", "AURC", "50%", after.hash):
        assert row in printed


def test_the_scorer_abstains_as_chosen(run: Path, data: Path, tmp_path: Path) -> None:
    _calibrate(
        run,
        "--data",
        data,
        "--coverage",
        0.5,
        "--threshold",
        0.5,
        "--cluster",
        "none",
        "--to",
        tmp_path / "other",
    )
    assert load_checkpoint(run / "checkpoint").calibration.undecided == (0.5, 0.5)
    low, high = load_checkpoint(tmp_path / "other").calibration.undecided
    verdicts = list(Scorer.load(tmp_path / "other", device="cpu")(tiny_posts(data)))
    for verdict in verdicts:
        assert verdict.rumor_probability is not None
        assert (verdict.abstained is not None) == (low < verdict.rumor_probability < high)
    assert any(verdict.abstained for verdict in verdicts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RUN", "--data", "DATA", "--split", "test"], "calibrate on 'validation'"),
        (["RUN", "--data", "DATA", "--coverage", "0.5", "--selective-accuracy", "0.9"], "give one of them"),
        (["compact", "--data", "DATA"], "--to"),
        (["RUN", "--data", "DATA", "--to", "DATA"], "exists"),
        (["RUN", "--data", "DATA", "--threshold", "best"], "recall:0.9"),
        (["RUN"], "--data"),
    ],
)
def test_refusals(
    run: Path,
    data: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = [{"RUN": str(run), "DATA": str(data)}.get(word, word) for word in arguments]
    monkeypatch.setattr("sys.argv", ["rumorscope", "calibrate", *named])
    before = load_checkpoint(run / "checkpoint").hash
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert load_checkpoint(run / "checkpoint").hash == before
