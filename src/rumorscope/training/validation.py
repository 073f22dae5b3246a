"""How a detector does on posts that it does not learn from.

Shapes: **N** posts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from rumorscope.detectors import Detector, Fit, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.training.objective import MeanLosses, Precision, autocast, joined, loss_terms
from rumorscope.training.processes import Processes


@dataclass(frozen=True)
class Validation:
    """Mean losses over all posts, and the answers with which metrics and calibration are computed."""

    losses: dict[str, float]  # the stage's terms and their total
    logits: Tensor  # (N,)
    labels: Tensor  # (N,) 0, 1 or NaN

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve; None unless both classes are there."""
        if {0.0, 1.0} - set(self.labels.tolist()):
            return None
        return float(roc_auc_score(self.labels.numpy(), self.logits.numpy()))

    def metrics(self) -> dict[str, float]:
        """What goes into the history: losses, and AUC and accuracy where there are labels."""
        metrics = dict(self.losses)
        if (auc := self.auc) is not None:
            metrics["auc"] = auc
            metrics["accuracy"] = ((self.logits >= 0) == (self.labels == 1)).float().mean().item()
        return metrics


@torch.no_grad()
def validate(
    detector: Detector,
    stage: Stage | Fit,
    batches: Iterable[Batch],
    processes: Processes,
    precision: Precision,
) -> Validation:
    """Run the detector over this process's batches and join what all processes found."""
    modes = {module: module.training for module in detector.modules()}
    detector.eval()
    losses, logits, labels = MeanLosses(), list[float](), list[float]()
    for batch in batches:
        batch = batch.to(processes.device)
        with autocast(precision, processes.device):
            output = detector(batch)
        terms = loss_terms(stage, output, batch)
        losses.add({name: term.item() for name, term in terms.items()}, len(batch))
        logits += output.logits.float().tolist()
        labels += batch.labels.tolist()
    for module, training in modes.items():
        module.training = training
    return Validation(
        losses=joined(processes.gather([losses])).means(),
        logits=torch.tensor(processes.gather(logits)),
        labels=torch.tensor(processes.gather(labels)),
    )
