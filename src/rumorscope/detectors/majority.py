"""The majority class: the training posts' share of rumors as everyone's probability."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors._fitted import Fitted, labels_of, log_odds
from rumorscope.detectors._interface import Output
from rumorscope.detectors._reading import text_only
from rumorscope.encoders.architecture import Modality
from rumorscope.encoders.preprocess import Batch


class MajorityConfig(Settings):
    """Nothing to set."""


class Majority(Fitted):
    """Looks at nothing but the labels of the training posts."""

    Config = MajorityConfig
    paper = "Majority class: the training posts' share of rumors"
    idea = "Every post is as likely a rumor as the training posts were."
    share: Tensor  # () of rumors

    def __init__(self, config: MajorityConfig, towers: Any = None) -> None:
        super().__init__(config, towers)
        self.preprocess = text_only()
        self.register_buffer("share", torch.tensor(0.5, dtype=torch.float64))

    @property
    def reads(self) -> frozenset[Modality]:
        return frozenset()

    def forward(self, batch: Batch) -> Output:
        logits = log_odds(self.share).float().expand(len(batch))
        return Output(logits, features=logits.unsqueeze(1))

    def fit(self, batches: Iterable[Batch]) -> None:
        self.share.fill_(float(np.concatenate([labels_of(batch) for batch in batches]).mean()))
