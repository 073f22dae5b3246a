"""Exports are made of these very weights, are checked before they are kept, and answer as PyTorch does."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from rumorscope.cli import app
from rumorscope.errors import CheckpointError, InputError
from rumorscope.post import Verdict
from rumorscope.runtime.engines import ENGINES
from rumorscope.runtime.exporting import export_checkpoint
from rumorscope.runtime.made_posts import made_posts
from rumorscope.runtime.record import FILE, Export, exports_of, find_exports
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.calibration import Calibration
from rumorscope.training.checkpoint import Checkpoint, load_checkpoint, resolve_checkpoint, save_calibration
from scoring.tiny_run import tiny_run

OPENVINO = ENGINES["openvino"]


@pytest.fixture
def compact() -> Checkpoint:
    return load_checkpoint(resolve_checkpoint("compact"))


def made(checkpoint: Checkpoint, *, tolerance: float = 0.01, posts: int = 6) -> tuple[Path, Export]:
    check = made_posts(posts)
    return export_checkpoint(
        checkpoint, OPENVINO, "fp32", calibration=(), check=check, on="made up", tolerance=tolerance
    )


def near(found: Verdict, expected: Verdict) -> None:
    """Equal words, and numbers that differ by rounding alone."""
    one, other = record(found), record(expected)
    assert json.dumps(one, default=str).count("{") == json.dumps(other, default=str).count("{")
    flat_one, flat_other = list(_leaves(one)), list(_leaves(other))
    assert [key for key, _ in flat_one] == [key for key, _ in flat_other]
    for (key, a), (_, b) in zip(flat_one, flat_other, strict=True):
        assert a == (pytest.approx(b, abs=1e-3) if isinstance(b, float) else b), key


def _leaves(value: object, key: str = ""):  # type: ignore[no-untyped-def]
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{key}[{number}]")
    else:
        yield key, value


def test_an_export_answers_as_pytorch_does_evidence_included(compact: Checkpoint) -> None:
    folder, export = made(compact)
    assert export.deviation.largest < 1e-3
    assert export.deviation.accuracy is None
    assert folder.parent == exports_of(compact)
    plain, compiled = (
        Scorer.load("compact", device="cpu", runtime="torch"),
        Scorer.load("compact", device="cpu"),
    )
    assert (plain.runtime, compiled.runtime) == ("torch", "openvino-fp32")
    assert compiled.checkpoint == plain.checkpoint
    posts = made_posts(5)
    for found, expected in zip(compiled(posts, explain=True), plain(posts, explain=True), strict=True):
        near(found, expected)


def test_a_trained_runs_export_lies_beside_it_and_is_void_once_it_changes(tmp_path: Path) -> None:
    run = tiny_run(tmp_path / "run")
    checkpoint = load_checkpoint(resolve_checkpoint(run))
    folder, _ = made(checkpoint)
    assert folder == checkpoint.folder / "runtime" / "openvino-fp32"
    assert Scorer.load(run, device="cpu").runtime == "openvino-fp32"
    save_calibration(checkpoint.folder, Calibration(threshold=0.3), {})
    assert Scorer.load(run, device="cpu").runtime == "torch"
    with pytest.raises(InputError, match="no export 'openvino' of its present weights"):
        Scorer.load(run, device="cpu", runtime="openvino")


def test_an_export_that_answers_otherwise_is_refused_and_leaves_nothing(
    compact: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = type(OPENVINO).load

    def bent(*given: object, **named: object):  # type: ignore[no-untyped-def]
        network = load(*given, **named)  # type: ignore[arg-type]
        return lambda *inputs: [1.5 * output for output in network(*inputs)]

    monkeypatch.setattr(type(OPENVINO), "load", bent)
    with pytest.raises(
        InputError, match=r"openvino-fp32 is not exported: over 6 posts .* tolerance of 0.0001"
    ):
        made(compact, tolerance=0.0001)
    assert list(find_exports(compact)) == []
    assert not list(exports_of(compact).iterdir())


def test_no_number_is_refused_whatever_the_tolerance(
    compact: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = type(OPENVINO).load

    def broken(*given: object, **named: object):  # type: ignore[no-untyped-def]
        network = load(*given, **named)  # type: ignore[arg-type]
        return lambda *inputs: [math.nan * output for output in network(*inputs)]

    monkeypatch.setattr(type(OPENVINO), "load", broken)
    with pytest.raises(InputError, match=r"openvino-fp32 is not exported: .* no number for 6 of 6 posts"):
        made(compact, tolerance=1)
    assert list(find_exports(compact)) == []


def test_the_comparison_counts_labels_and_accuracy(compact: Checkpoint) -> None:
    from rumorscope.runtime.exporting import _compare

    posts = [replace(post, label=label) for post, label in zip(made_posts(4), (0, 0, 1, 1), strict=True)]
    expected, found = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0.1, 0.6, 0.6, 0.7])
    checkpoint = replace(compact, calibration=Calibration(threshold=0.5))
    deviation = _compare(checkpoint, expected, found, posts, "four posts")
    assert deviation.mean == pytest.approx(0.1)
    assert deviation.largest == pytest.approx(0.2)
    assert (deviation.changed, deviation.accuracy) == (0.25, (1.0, 0.75))


def test_a_damaged_record_is_told(compact: Checkpoint) -> None:
    folder, _ = made(compact, posts=1)
    (folder / FILE).write_text("{")
    with pytest.raises(CheckpointError, match="is damaged"):
        Scorer.load("compact", device="cpu")
    assert Scorer.load("compact", device="cpu", runtime="torch").runtime == "torch"


@pytest.mark.parametrize(
    ("runtime", "words"),
    [
        ("openvino", "rumorscope export RUN --to openvino"),
        ("openvino-int8", "--precision int8"),
        ("tensorrt", "unknown; use auto, torch, openvino, onnx"),
        ("onnx-bf16", "runs no bf16"),
    ],
)
def test_a_runtime_that_is_not_there_is_told(runtime: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Scorer.load("compact", device="cpu", runtime=runtime)


def test_a_detector_without_towers_has_nothing_to_compile(tmp_path: Path) -> None:
    from rumorscope.detectors import detector_class
    from rumorscope.encoders.sources import PretrainedTowers

    kind = detector_class("majority")
    detector = kind(kind.Config(), PretrainedTowers())
    checkpoint = Checkpoint(detector, "majority", kind.Config(), Calibration(), {}, "0", tmp_path)
    with pytest.raises(InputError, match="no tower"):
        made(checkpoint)


def test_the_command_says_where_it_lies_and_how_far_it_is_from_pytorch() -> None:
    result = CliRunner().invoke(app, ["export", "compact", "--to", "onnx", "--posts", "8"])
    assert result.exit_code == 0, result.output
    assert "onnx-fp32: over 8 posts (made up for the comparison) probabilities move by" in result.stdout
    assert Scorer.load("compact", device="cpu", runtime="onnx").runtime == "onnx-fp32"


def test_int8_asks_for_posts() -> None:
    result = CliRunner().invoke(app, ["export", "compact", "--precision", "int8"])
    assert isinstance(result.exception, InputError)
    assert "--data" in str(result.exception)
