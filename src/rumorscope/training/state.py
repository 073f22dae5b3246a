"""Where a run stands, saved so that it can go on after a kill at any moment.

One safetensors file holds weights, the optimizer's moments and, as JSON in its header, the position; it is
replaced in one step. Weights that no stage trains are left out: the run's configuration brings them back.
No random state is saved: every step seeds its own (see `sampling`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from rumorscope.errors import CheckpointError
from rumorscope.training.files import write_tensors_whole
from rumorscope.training.objective import MeanLosses

MODEL, OPTIMIZER = "model.", "optimizer."


@dataclass
class Position:
    """How far a run has come. Counts are from 0."""

    stage: int = 0
    epoch: int = 0
    step: int = 0  # done in this epoch
    losses: MeanLosses = field(default_factory=MeanLosses)  # of this epoch so far
    seconds: float = 0.0  # of this epoch so far
    best_score: float | None = None  # of this stage, higher is better
    best_epoch: int | None = None
    rows: int = 0  # of the history
    scaler: dict[str, Any] = field(default_factory=dict)  # of fp16 gradients

    def next_epoch(self) -> None:
        """Go on to the beginning of the next epoch."""
        self.epoch, self.step = self.epoch + 1, 0
        self.losses, self.seconds = MeanLosses(), 0.0

    def next_stage(self) -> None:
        """Go on to the beginning of the next stage."""
        self.next_epoch()
        self.stage, self.epoch = self.stage + 1, 0
        self.best_score = self.best_epoch = None


def save_state(
    path: Path, position: Position, weights: dict[str, Tensor], optimizer: torch.optim.Optimizer | None
) -> None:
    """Replace the state file in one step."""
    tensors = {f"{MODEL}{name}": tensor for name, tensor in weights.items()}
    for index, moments in _moments(optimizer).items():
        tensors |= {f"{OPTIMIZER}{index}.{name}": tensor for name, tensor in moments.items()}
    write_tensors_whole(path, tensors, {"position": json.dumps(asdict(position))})


def load_state(path: Path) -> tuple[Position, dict[str, Tensor], dict[int, dict[str, Tensor]]]:
    """The position, the weights and the optimizer's moments by parameter. Raises CheckpointError."""
    tensors, metadata = _read(path)
    moments: dict[int, dict[str, Tensor]] = {}
    for key in tensors:
        if key.startswith(OPTIMIZER):
            index, name = key.removeprefix(OPTIMIZER).split(".")
            moments.setdefault(int(index), {})[name] = tensors[key]
    weights = {key.removeprefix(MODEL): tensors[key] for key in tensors if key.startswith(MODEL)}
    values = json.loads(metadata["position"])
    return Position(**values | {"losses": MeanLosses(**values["losses"])}), weights, moments


def restore_moments(optimizer: torch.optim.Optimizer, moments: dict[int, dict[str, Tensor]]) -> None:
    """Give the optimizer its moments back."""
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Keep weights, such as those of the best epoch."""
    write_tensors_whole(path, weights, {})


def load_weights(path: Path) -> dict[str, Tensor]:
    """The weights that were kept. Raises CheckpointError."""
    return _read(path)[0]


def _moments(optimizer: torch.optim.Optimizer | None) -> dict[int, dict[str, Tensor]]:
    return {} if optimizer is None else optimizer.state_dict()["state"]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118  # no dict
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {error}; remove its folder to train from the start"
        ) from error
