"""Several processes that train one detector: each does its share of a batch, and all stay equal.

Gradients are summed here rather than by wrapping the detector: a stage's loss may use parameters outside
`forward`, a process may have no post of the last batch, and a parameter may have no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast, gather_object, parse_flag_from_env, reduce
from torch import Tensor, nn

T = TypeVar("T")


class Processes:
    """This process among those that `accelerate launch` or `torchrun` started; alone otherwise."""

    def __init__(self) -> None:
        on_cpu = not torch.accelerator.is_available() or parse_flag_from_env("ACCELERATE_USE_CPU")
        state = PartialState(cpu=on_cpu)
        self.device: torch.device = state.device
        self.index: int = state.process_index
        self.count: int = state.num_processes
        self._state = state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take leave of the other processes; nothing can be joined any more."""
        self._state.destroy_process_group()

    @property
    def is_main(self) -> bool:
        """Whether this is the one that writes files and shows progress."""
        return self.index == 0

    def wait(self) -> None:
        """Go on only when every process has come here."""
        self._state.wait_for_everyone()

    def gather(self, values: list[T]) -> list[T]:
        """The lists of all processes, one after the other."""
        if self.count == 1:
            return values
        gathered: list[T] = gather_object(values)
        return gathered

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Sum each parameter's gradient; one that has none in any process keeps none."""
        if self.count == 1:
            return
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        present = torch.tensor([float(p.grad is not None) for p in parameters], device=self.device)
        summed = self._reduce(torch.cat([present, *(gradient.flatten() for gradient in gradients)]))
        counts, *pieces = torch.split(summed, [len(parameters), *(p.numel() for p in parameters)])
        for parameter, count, piece in zip(parameters, counts, pieces, strict=True):
            parameter.grad = piece.view_as(parameter).clone() if count > 0 else None

    def share_buffers(self, detector: nn.Module) -> None:
        """Give every process the main one's running statistics of the modules that train."""
        if self.count == 1:
            return
        for module in detector.modules():
            if module.training:
                for buffer in module.buffers(recurse=False):
                    buffer.copy_(broadcast(buffer))

    def _reduce(self, tensor: Tensor) -> Tensor:
        summed: Tensor = reduce(tensor, reduction="sum")
        return summed
