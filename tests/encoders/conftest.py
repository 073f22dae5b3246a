"""Tiny checkpoints on disk, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import tiny

MAKERS: dict[str, Callable[[Path], Path]] = {
    "clip": tiny.tiny_clip,
    "chinese_clip": tiny.tiny_chinese_clip,
    "bert": tiny.tiny_bert,
    "resnet": tiny.tiny_resnet,
    "mobilenet": tiny.tiny_mobilenet,
}


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of checkpoints, each under its name in MAKERS. Not to be written to."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name, make in MAKERS.items():
        make(folder / name)
    return folder


@pytest.fixture
def pixels() -> Callable[[int, int], Tensor]:
    """(count, size) → (count, 3, size, size) uint8 noise, the same at every call."""

    def noise(count: int, size: int) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        return torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8, generator=generator)

    return noise
