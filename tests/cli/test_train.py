"""`rumorscope train` with MICC in its tiny form, from the shipped configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rumorscope.cli import app
from rumorscope.data.manifest import load_manifest
from rumorscope.data.split_file import write_split
from rumorscope.data.splitting import make_split
from rumorscope.errors import InputError
from rumorscope.training.checkpoint import load_checkpoint
from tiny import tiny_clip, tiny_posts
from training.toy import write_manifest

CONFIG = Path(__file__).parents[2] / "configs" / "micc-twitter.toml"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The options that make the shipped configuration small."""
    folder = tmp_path_factory.mktemp("tiny")
    posts = write_manifest(folder / "posts", tiny_posts(), ["train"] * 8)
    pictured = [post for post in tiny_posts() if post.images]
    captions = write_manifest(folder / "captions", pictured, ["train"] * 5 + ["validation"] * 2)
    tower = tiny_clip(folder / "clip")
    changes = {
        "detector.text.model": tower,
        "detector.image.model": tower,
        "detector.image.image_size": 32,
        "detector.image.receptive_fields": [8, 16],
        "detector.embedding_width": 8,
        "detector.batch_size": 4,
        "training.stages.contrastive.epochs": 1,
        "training.stages.end_to_end.epochs": 2,
        "data.hold_out.fraction": 0.4,
    }
    return {"posts": str(posts), "captions": str(captions)} | {
        f"--set={k}={v}": "" for k, v in changes.items()
    }


def train(tiny: dict[str, str], run: Path, *more: str, captions: bool = True) -> Result:
    options = ["--data", tiny["posts"], *(["--captions", tiny["captions"]] if captions else [])]
    options += [key for key in tiny if key.startswith("--set")]
    return CliRunner().invoke(app, ["train", str(CONFIG), "--to", str(run), *options, *more])


def test_trains_and_says_what_came_of_it(tiny: dict[str, str], tmp_path: Path) -> None:
    done = train(tiny, tmp_path / "run", "--seed", "5")
    assert done.exception is None, done.output
    assert "contrastive, epoch 1: info_nce" in done.output
    assert "end_to_end, epoch 2: binary_cross_entropy" in done.output
    assert "temperature" in done.output
    assert f"rumorscope evaluate {tmp_path / 'run'}" in done.output
    assert load_checkpoint(tmp_path / "run" / "checkpoint").details["seed"] == 5
    again = train(tiny, tmp_path / "run", "--seed", "5")
    assert "was trained already" in again.output


def test_a_split_file_decides_who_teaches(tiny: dict[str, str], tmp_path: Path) -> None:
    """And is named again by the command that comes next."""
    file = tmp_path / "split.json"
    data = load_manifest(Path(tiny["posts"]))
    plan = make_split(data, "stratified", ratios=(0.4, 0.4, 0.2), folds=2)
    write_split(plan, file)
    done = train(tiny, tmp_path / "run", "--split-file", str(file), "--fold", "1")
    assert done.exception is None, done.output
    assert f"--split-file {file} --fold 1 --split test" in done.output
    details = load_checkpoint(tmp_path / "run" / "checkpoint").details
    assert details["posts"] == {"train": 2, "validation": 2}
    assert list(details["divisions"].values()) == [details["data"][tiny["posts"]]]


def test_mistakes_are_the_users_and_named(tiny: dict[str, str], tmp_path: Path) -> None:
    for options, message in (
        (["--set", "training.sed=3"], "did you mean 'seed'"),
        (["--set", "detector.top_k=0"], "top_k = 0"),
        (["--set", "training.stages.contrast.epochs=1"], "it has: contrastive, end_to_end"),
        (["--data", str(tmp_path / "nowhere")], "nowhere"),
    ):
        done = train(tiny, tmp_path / "run", *options)
        assert isinstance(done.exception, InputError)
        assert message in str(done.exception)


def test_captions_are_asked_for(tiny: dict[str, str], tmp_path: Path) -> None:
    done = train(tiny, tmp_path / "run", "--set", "data.captions=[]", captions=False)
    assert "or with --captions" in str(done.exception)


def test_help_teaches() -> None:
    text = CliRunner().invoke(app, ["train", "--help"]).output
    for word in (
        "CONFIG",
        "--to",
        "--data",
        "--captions",
        "--seed",
        "--set",
        "goes on",
        "accelerate",
        "test",
    ):
        assert word in text


def test_record_is_json(tiny: dict[str, str], tmp_path: Path) -> None:
    train(tiny, tmp_path / "run")
    rows = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["contrastive", "end_to_end", "end_to_end"]
