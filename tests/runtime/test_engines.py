"""Compiled towers say what PyTorch says, for any number of posts, tokens and pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tiny
from rumorscope.encoders._interface import ImageTowerConfig, TextEncoder, TextTowerConfig
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import CheckpointError, InputError
from rumorscope.runtime._interface import Precision
from rumorscope.runtime.engines import ENGINES
from rumorscope.runtime.towers import Tower, answer_by, attends, trace

SIDE = 64
TOWERS = ("text clip", "text chinese_clip", "text bert", "image clip", "image resnet", "image mobilenet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towers")
    for name in {name.split()[1] for name in TOWERS}:
        getattr(tiny, f"tiny_{name}")(folder / name)
    return folder


def tower(folder: Path, named: str) -> Tower:
    modality, name = named.split()
    model = str(folder / name)
    found: Tower = (
        PretrainedTowers().text("text", TextTowerConfig(model=model, max_tokens=16))
        if modality == "text"
        else PretrainedTowers().image("image", ImageTowerConfig(model=model, image_size=SIDE))
    )
    return found.eval()


def given(tower: nn.Module, items: int, tokens: int) -> tuple[Tensor, ...]:
    torch.manual_seed(items + tokens)
    if not isinstance(tower, TextEncoder):
        return (torch.randint(0, 256, (items, 3, SIDE, SIDE), dtype=torch.uint8),)
    mask = torch.ones(items, tokens, dtype=torch.bool)
    mask[0, (tokens + 1) // 2 :] = False  # a shorter text among longer ones
    return torch.randint(3, 20, (items, tokens)), mask


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("named", TOWERS)
def test_a_compiled_tower_says_what_pytorch_says(
    folder: Path, named: str, engine: str, tmp_path: Path
) -> None:
    plain, compiled = tower(folder, named), tower(folder, named)
    ENGINES[engine].convert(trace(plain), tmp_path, "a", "fp32", (), attends=attends(plain))
    answer_by(compiled, ENGINES[engine].load(tmp_path, "a", "fp32", threads=1))
    sizes = [(1, 1), (1, 9), (2, 16), (5, 4)] + ([] if isinstance(plain, TextEncoder) else [(0, 0)])
    with torch.inference_mode():
        for items, tokens in sizes:
            inputs = given(plain, items, tokens)
            for expected, found in zip(plain(*inputs), compiled(*inputs), strict=True):
                torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize(
    ("engine", "precision"), [("openvino", "int8"), ("openvino", "bf16"), ("onnx", "int8")]
)
@pytest.mark.parametrize("named", ["text bert", "image resnet"])
def test_a_lower_precision_is_near(
    folder: Path, named: str, engine: str, precision: Precision, tmp_path: Path
) -> None:
    plain = tower(folder, named)
    samples = [tuple(tensor.numpy() for tensor in given(plain, items, 9)) for items in range(1, 9)]
    ENGINES[engine].convert(trace(plain), tmp_path, "a", precision, samples, attends=attends(plain))
    network = ENGINES[engine].load(tmp_path, "a", precision, threads=1)
    inputs = given(plain, 4, 9)
    with torch.inference_mode():
        expected = plain(*inputs).pooled.numpy()
    _, found = network(*(tensor.numpy() for tensor in inputs))
    assert np.all(np.isfinite(found))
    assert np.abs(found - expected).max() > 0  # it is another network, and not the first one again
    cosine = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosine.min() > 0.95


def test_transformers_are_told_from_convolutions(folder: Path) -> None:
    assert [attends(tower(folder, named)) for named in TOWERS] == [True, True, True, True, False, False]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_network_that_is_damaged_is_told(engine: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="missing or damaged"):
        ENGINES[engine].load(tmp_path, "a", "fp32", threads=1)
    (tmp_path / "a.xml").write_text("<net")
    (tmp_path / "a.onnx").write_bytes(b"\x00damaged")
    with pytest.raises(CheckpointError, match="missing or damaged"):
        ENGINES[engine].load(tmp_path, "a", "fp32", threads=1)


def test_what_an_engine_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="onnx runs no bf16; use fp32, int8"):
        ENGINES["onnx"].check("bf16", exporting=False)
    monkeypatch.setattr(type(ENGINES["openvino"]), "export_modules", ("no_such_module",))
    ENGINES["openvino"].check("fp32", exporting=False)
    with pytest.raises(InputError, match=r"rumorscope\[openvino\]"):
        ENGINES["openvino"].check("fp32", exporting=True)
