"""What a stage minimises, and the precision in which it is computed.

Shapes: **B** posts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any, Literal

import torch
from torch import Tensor, nn

from rumorscope.detectors import Fit, Output, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError

TOTAL = "total"

Precision = Literal["no", "bf16", "fp16"]


def loss_terms(stage: Stage | Fit, output: Output, batch: Batch) -> dict[str, Tensor]:
    """The stage's named terms in full precision, and their sum as "total"."""
    terms = stage.loss(_in_full_precision(output), batch)
    return {**terms, TOTAL: torch.stack(list(terms.values())).sum()}


@dataclass
class MeanLosses:
    """Losses averaged over posts, whatever the sizes of the batches they come from."""

    sums: dict[str, float] = field(default_factory=dict)
    posts: int = 0

    def add(self, losses: dict[str, float], posts: int) -> None:
        """Take in the mean losses of some posts."""
        self.posts += posts
        for name, loss in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + loss * posts

    def means(self) -> dict[str, float]:
        """The mean over all posts taken in; empty where there was none."""
        return {name: total / self.posts for name, total in self.sums.items()}


def joined(parts: Iterable[MeanLosses]) -> MeanLosses:
    """What several processes took in, as one."""
    whole = MeanLosses()
    for part in parts:
        whole.posts += part.posts
        for name, total in part.sums.items():
            whole.sums[name] = whole.sums.get(name, 0.0) + total
    return whole


def device_of(module: nn.Module) -> torch.device:
    """Where a module computes; one without parameters has buffers, or else computes anywhere."""
    held = chain(module.parameters(), module.buffers())
    return next((tensor.device for tensor in held), torch.device("cpu"))


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    """The forward pass's precision; the weights stay float32."""
    if precision == "no":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16 if precision == "bf16" else torch.float16)


def gradient_scaler(precision: Precision, device: torch.device) -> torch.amp.GradScaler:
    """Keeps float16 gradients from vanishing. Raises InputError where the device has no float16."""
    if precision == "fp16" and device.type == "cpu":
        raise InputError("mixed_precision = 'fp16' needs a GPU; use 'bf16' or 'no' on a CPU")
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")


def _in_full_precision(output: Output) -> Output:
    """Losses take logarithms and exponentials, which half precision rounds away."""
    halves = {
        f.name: value.float()
        for f in fields(output)
        if isinstance(value := getattr(output, f.name), Tensor)
        and value.dtype in (torch.bfloat16, torch.float16)
    }
    return replace(output, **halves) if halves else output
