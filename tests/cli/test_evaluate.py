"""`rumorscope evaluate` from a saved checkpoint and a manifest to tables, JSON and CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from rumorscope.cli import app, main
from rumorscope.data.manifest import load_manifest
from rumorscope.data.split_file import write_split
from rumorscope.data.splitting import make_split
from rumorscope.detectors import detector_class
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.training.checkpoint import Calibration, load_checkpoint, save_checkpoint
from tiny import tiny_clip, tiny_posts, tiny_resnet


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with a MICC of random weights."""
    folder = tmp_path_factory.mktemp("run")
    clip = str(tiny_clip(folder / "clip"))
    kind = detector_class("micc")
    towers = {
        "text": {"model": clip},
        "image": {"model": clip, "image_size": 64, "receptive_fields": (16, 32)},
    }
    config = kind.Config.parse(towers)
    torch.manual_seed(0)
    detector = kind(config, PretrainedTowers())
    calibration = Calibration(temperature=1.5, threshold=0.4)
    save_checkpoint(
        detector, folder / "checkpoint", name="micc", config=config, details={}, calibration=calibration
    )
    (folder / "history.jsonl").touch()
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 24 posts: eight to train on, eight to validate and eight to test on."""
    folder = tmp_path_factory.mktemp("data")
    rows = [
        {
            "id": f"{split}-{post.id}",
            "text": post.text,
            "file_names": [source.name for source in post.images if isinstance(source, Path)],
            "label": post.label,
            "event": post.event,
            "split": split,
        }
        for split in ("train", "validation", "test")
        for post in tiny_posts(folder)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_tables_json_and_predictions_agree(run: Path, data: Path, tmp_path: Path) -> None:
    numbers, table = tmp_path / "numbers.json", tmp_path / "table.csv"
    output = _run(run, "--data", data, "--resamples", 100, "--json", numbers, "--predictions", table)
    assert "8 posts, 50.0% of them rumors; the better constant answer has accuracy 0.500." in output
    assert "bootstrap over 7 sets of posts that share a picture (cluster: image), 100 resamples" in output
    assert "fewer than 20" in output
    assert "This run has looked at this test data once." in output

    values = json.loads(numbers.read_text())
    detector = values["detector"]
    assert (values["split"], values["posts"], values["openings"]) == ("test", 8, 1)
    assert values["checkpoint"] == load_checkpoint(run / "checkpoint").hash
    assert (detector["name"], detector["threshold"], values["temperature"]) == ("micc", 0.4, 1.5)
    assert values["intervals"] == {
        "level": 0.95, "cluster": "image", "clusters": 7, "resamples": 100, "seed": 0
    }  # fmt: skip
    assert sorted(row["event"] for row in detector["events"]) == ["bridge", "flood", "storm"]

    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"test-{n}" for n in range(8)]
    right = [(float(row["probability"]) >= 0.4) == (row["label"] == "rumor") for row in rows]
    assert detector["metrics"]["accuracy"]["value"] == sum(right) / 8
    assert f"accuracy │ {sum(right) / 8:.3f}" in output


def test_another_look_at_the_test_data_is_counted_and_validation_is_not(run: Path, data: Path) -> None:
    looks = [_run(run, "--data", data, "--resamples", 100) for _ in range(2)]
    assert "looked at this test data" in looks[0]
    assert looks[0] != looks[1]
    assert "looked at" not in _run(run, "--data", data, "--split", "validation", "--resamples", 100)


def test_the_parts_of_a_split_file_are_tested(run: Path, data: Path, tmp_path: Path) -> None:
    file, table = tmp_path / "split.json", tmp_path / "table.csv"
    plan = make_split(load_manifest(data), "random", ratios=(0.5, 0.25, 0.25), folds=2)
    write_split(plan, file)
    options = ["--data", data, "--split-file", file, "--fold", "2", "--resamples", 100]
    assert "This run has looked at this test data once." in _run(run, *options, "--predictions", table)
    with table.open(encoding="utf-8", newline="") as written:
        judged = {row["id"] for row in csv.DictReader(written)}
    parts = zip(load_manifest(data).posts, plan.fold("2").parts, strict=True)
    assert judged == {post.id for post, part in parts if part == "test"}


def test_baselines_beside_the_detector(run: Path, data: Path, tmp_path: Path) -> None:
    tower, numbers = tiny_resnet(tmp_path / "resnet"), tmp_path / "numbers.json"
    output = _run(
        run,
        "--data",
        data,
        "--split",
        "validation",
        "--resamples",
        100,
        "--image-tower",
        tower,
        "--json",
        numbers,
    )
    assert "beside plain baselines" in output
    names = [baseline["name"] for baseline in json.loads(numbers.read_text())["baselines"]]
    assert names == [
        "majority class",
        "picture look-up",
        "text TF-IDF",
        "image features",
        "mean of text and images",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "tests"], "has no split 'tests'; it has: test, train, validation"),
        (["--json", "nowhere/numbers.json"], "cannot write nowhere/numbers.json: name a file in a folder"),
        (["--device", "abacus"], "device 'abacus' cannot be used"),
    ],
)
def test_what_cannot_work_is_said_at_once(
    run: Path,
    data: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["rumorscope", "evaluate", str(run), "--data", str(data), *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
