"""Towers that answer by their compiled networks, and how they are traced.

Shapes: **B** posts, **T** tokens, **U** distinct pictures, **S** pixels of a side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, TextEncoder, TextFeatures
from rumorscope.runtime._interface import Network, without_deprecations

Tower = TextEncoder | ImageEncoder


def towers(detector: nn.Module) -> Iterator[tuple[str, Tower]]:
    """A detector's towers, by the attributes that hold them."""
    for name, child in detector.named_children():
        if isinstance(child, Tower):
            yield name, child


def attends(tower: Tower) -> bool:
    """Whether it is a transformer, which has to be quantised with more care."""
    return any("attention" in type(module).__name__.lower() for module in tower.modules())


@without_deprecations()
@torch.no_grad()
def trace(tower: Tower) -> ExportedProgram:
    """The tower as a graph, for any number of posts, tokens and pictures from 1 on."""
    varies = Dim.DYNAMIC
    if isinstance(tower, TextEncoder):
        tokens = min(tower.max_tokens, 7)
        example: tuple[Tensor, ...] = (
            torch.zeros(3, tokens, dtype=torch.int64),
            torch.ones(3, tokens, dtype=torch.bool),
        )
        shapes: tuple[dict[int, Any], ...] = ({0: varies, 1: varies}, {0: varies, 1: varies})
    else:
        example = (torch.zeros(3, 3, tower.image_size, tower.image_size, dtype=torch.uint8),)
        shapes = ({0: varies},)
    return torch.export.export(tower, example, dynamic_shapes=shapes)


def answer_by(tower: Tower, network: Network) -> None:
    """From now on have the tower answer by its network; its width, grid, tokenizer are still its own."""
    kind = TextFeatures if isinstance(tower, TextEncoder) else ImageFeatures
    own = tower.forward

    def forward(*inputs: Tensor) -> Any:
        if len(inputs[0]) == 0:  # no picture in the batch
            return own(*inputs)
        found = network(*(np.ascontiguousarray(tensor.numpy()) for tensor in inputs))
        return kind(*map(torch.from_numpy, found))

    tower.__dict__["forward"] = forward  # shadows the method
