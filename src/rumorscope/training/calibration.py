"""How logits become probabilities that can be trusted: temperature scaling (Guo et al. 2017) or isotonic
regression (Zadrozny and Elkan 2002), fitted on validation posts.

Shapes: **N** posts of the validation data, **J** knots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.isotonic import IsotonicRegression
from torch import Tensor

TEMPERATURE_RANGE = (0.05, 20.0)

SMOOTH_SHARE = 0.01
"""Of the temperature's probability in an isotonic one: posts on a step of it keep their order."""

Method = Literal["temperature", "isotonic", "none"]


@dataclass(frozen=True)
class Isotonic:
    """A rising curve from logit to probability, linear between its knots and constant beyond them.

    Raises ValueError for knots that are no such curve.
    """

    logits: tuple[float, ...]  # (J,) rising
    probabilities: tuple[float, ...]  # (J,) 0 to 1, never falling

    def __post_init__(self) -> None:
        if len(self.logits) != len(self.probabilities) or not self.logits:
            raise ValueError(
                f"{len(self.logits)} logits and {len(self.probabilities)} probabilities are no knots"
            )
        if not all(map(math.isfinite, self.logits)) or not all(a < b for a, b in pairwise(self.logits)):
            raise ValueError("the logits of the knots do not rise")
        rising = (0.0, *self.probabilities, 1.0)
        if not all(a <= b for a, b in pairwise(rising)):
            raise ValueError("the probabilities of the knots fall, or leave 0 to 1")

    def __call__(self, logits: Tensor) -> Tensor:
        """Interpolate logits of any shape."""
        x, y = logits.new_tensor(self.logits), logits.new_tensor(self.probabilities)
        right = torch.bucketize(logits, x).clamp(1, max(1, len(x) - 1)).clamp(max=len(x) - 1)
        left = (right - 1).clamp(min=0)
        share = (logits - x[left]) / (x[right] - x[left]).clamp(min=torch.finfo(x.dtype).tiny)
        return y[left] + share.clamp(0, 1) * (y[right] - y[left])


@dataclass(frozen=True)
class Calibration:
    """What turns a detector's logits into verdicts."""

    temperature: float = 1.0  # what the logits are divided by
    threshold: float = 0.5  # a rumor from this probability on
    uncertain: float = 0.0  # so close to the threshold nobody should trust it, above and below
    uncertain_below: float | None = None  # the same below the threshold, where it differs
    isotonic: Isotonic | None = None

    def probability(self, logits: Tensor) -> Tensor:
        """The calibrated probability of rumor, of any shape; it never falls where the logit rises."""
        smooth = torch.sigmoid(logits.float() / self.temperature)
        if self.isotonic is None:
            return smooth
        return (1 - SMOOTH_SHARE) * self.isotonic(logits.float()) + SMOOTH_SHARE * smooth

    @property
    def undecided(self) -> tuple[float, float]:
        """Between these probabilities, which are decided themselves, a person should judge."""
        below = self.uncertain if self.uncertain_below is None else self.uncertain_below
        return self.threshold - below, self.threshold + self.uncertain

    @property
    def method(self) -> str:
        """In words, such as "temperature 1.3"."""
        if self.isotonic is None:
            return f"temperature {self.temperature:.3g}"
        return f"isotonic regression of {len(self.isotonic.logits)} knots"


def calibrated(method: Method, logits: Tensor, labels: Tensor) -> Calibration:
    """Fit to (N,) logits and labels (0 or 1); isotonic falls back on the temperature without both classes."""
    if method == "none":
        return Calibration()
    temperature = fit_temperature(logits, labels)
    isotonic = fit_isotonic(logits, labels) if method == "isotonic" else None
    return Calibration(temperature=temperature, isotonic=isotonic)


def fit_isotonic(logits: Tensor, labels: Tensor) -> Isotonic | None:
    """The rising curve nearest to (N,) labels (0 or 1); None unless both classes are there.

    Probabilities stay as far from 0 and 1 as N posts can tell (1 / (N + 2), Laplace's rule).
    """
    if labels.numel() == 0 or labels.min() == labels.max():
        return None
    least = 1 / (labels.numel() + 2)
    model = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    model.fit(logits.float().double().numpy(), labels.double().numpy())
    x, y = model.X_thresholds_.astype(np.float32), model.y_thresholds_
    keep = np.append(np.diff(x) > 0, True)
    return Isotonic(tuple(map(float, x[keep])), tuple(map(float, y[keep])))


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
