"""How logits become probabilities that can be trusted: temperature scaling (Guo et al. 2017).

Shapes: **N** posts of the validation data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

TEMPERATURE_RANGE = (0.05, 20.0)


@dataclass(frozen=True)
class Calibration:
    """What turns a detector's logits into verdicts."""

    temperature: float = 1.0  # what the logits are divided by
    threshold: float = 0.5  # a rumor from this probability on
    uncertain: float = 0.0  # half-width of the band around the threshold in which nobody should trust it

    def probability(self, logits: Tensor) -> Tensor:
        """The calibrated probability of rumor, of any shape."""
        return torch.sigmoid(logits.float() / self.temperature)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that minimises the negative log-likelihood of (N,) labels (0 or 1) given (N,) logits.

    Where the data bear no finite answer (no post, one class, no error at all) it stays within
    `TEMPERATURE_RANGE`, or is 1 if nothing can be learnt.
    """
    if labels.numel() == 0 or labels.min() == labels.max():
        return 1.0
    logits, labels = logits.double(), labels.double()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(logits / log_temperature.exp(), labels)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    lowest, highest = map(math.log, TEMPERATURE_RANGE)
    return math.exp(min(max(log_temperature.item(), lowest), highest))
