"""TF-IDF and logistic regression on the text alone, the baseline that every multimodal detector must beat.

Shapes: **B** posts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from rumorscope.config import Settings
from rumorscope.detectors._fitted import Fitted, Integers, labels_of
from rumorscope.detectors._interface import Output
from rumorscope.detectors._reading import text_only, texts_of
from rumorscope.detectors._tfidf_regression import TfidfRegression
from rumorscope.encoders.architecture import Modality
from rumorscope.encoders.preprocess import Batch


class TfidfConfig(Settings):
    """Nothing to set."""


class Tfidf(Fitted):
    """Words and word pairs, or characters where most letters are Chinese."""

    Config = TfidfConfig
    paper = "TF-IDF and logistic regression (scikit-learn)"
    idea = "The words that rumors use, weighed by logistic regression."
    learnt = tuple(f"words.{name}" for name in TfidfRegression.learnt)

    def __init__(self, config: TfidfConfig, towers: Any = None) -> None:
        super().__init__(config, towers)
        self.preprocess = text_only()
        self.words = TfidfRegression()

    @property
    def reads(self) -> frozenset[Modality]:
        return frozenset({"text"})

    def forward(self, batch: Batch) -> Output:
        log_odds = torch.from_numpy(self.words.log_odds(texts_of(batch)))
        logits = log_odds.float().to(batch.labels.device)
        return Output(logits, features=logits.unsqueeze(1))

    def fit(self, batches: Iterable[Batch]) -> None:
        texts, labels = list[str](), list[Integers]()
        for batch in batches:
            texts += texts_of(batch)
            labels.append(labels_of(batch))
        self.words.fit(texts, np.concatenate(labels))
