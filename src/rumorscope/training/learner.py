"""One optimisation step: forward, backward, join the processes, clip, update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from rumorscope.detectors import Detector, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.training.config import TrainingConfig
from rumorscope.training.objective import TOTAL, MeanLosses, autocast, gradient_scaler, joined, loss_terms
from rumorscope.training.processes import Processes
from rumorscope.training.state import restore_moments


class Learner:
    """Updates a detector's parameters in one stage."""

    def __init__(
        self, detector: Detector, stage: Stage, config: TrainingConfig, processes: Processes
    ) -> None:
        self._detector, self._stage, self._config, self._processes = detector, stage, config, processes
        self._parameters = [parameter for group in stage.groups for parameter in group.parameters]
        self._warmup = config.stage(stage.name).warmup_steps
        self.optimizer = _optimizer(stage, config.weight_decay)
        self.scaler = gradient_scaler(config.mixed_precision, processes.device)

    def restore(self, moments: dict[int, dict[str, Tensor]], scaler: Mapping[str, Any]) -> None:
        """Go on with what an earlier learner of the same stage had gathered."""
        restore_moments(self.optimizer, moments)
        if scaler:
            self.scaler.load_state_dict(dict(scaler))

    def step(self, batch: Batch, *, posts: int, number: int) -> MeanLosses:
        """Learn from this process's share of a batch of `posts`; `number` counts the stage's steps from 0.

        Returns the mean losses over the posts of all processes.
        """
        self._set_rates(number)
        self.optimizer.zero_grad()
        losses = self._backward(batch.to(self._processes.device), posts)
        self._processes.sum_gradients(self._parameters)
        self.scaler.unscale_(self.optimizer)
        clip_grad_norm_(self._parameters, self._config.max_gradient_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._processes.share_buffers(self._detector)
        return joined(self._processes.gather([losses]))

    def rates(self) -> list[float]:
        """The groups' present learning rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _backward(self, batch: Batch, posts: int) -> MeanLosses:
        losses = MeanLosses()
        if len(batch) == 0:  # a last batch smaller than the number of processes
            return losses
        with autocast(self._config.mixed_precision, self._processes.device):
            output = self._detector(batch)
        terms = loss_terms(self._stage, output, batch)
        if terms[TOTAL].requires_grad:  # a margin that is kept gives a constant
            self.scaler.scale(terms[TOTAL] * (len(batch) / posts)).backward()  # type: ignore[no-untyped-call]  # torch
        losses.add({name: term.item() for name, term in terms.items()}, len(batch))
        return losses

    def _set_rates(self, number: int) -> None:
        rise = min(1.0, (number + 1) / self._warmup) if self._warmup else 1.0
        for group, published in zip(self.optimizer.param_groups, self._stage.groups, strict=True):
            group["lr"] = published.learning_rate * rise


def _optimizer(stage: Stage, weight_decay: float) -> torch.optim.Optimizer:
    groups = [{"params": list(group.parameters), "lr": group.learning_rate} for group in stage.groups]
    if weight_decay:
        return torch.optim.AdamW(groups, weight_decay=weight_decay)
    return torch.optim.Adam(groups)
