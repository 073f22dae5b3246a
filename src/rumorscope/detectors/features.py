"""Logistic regression on the pooled features of frozen towers: of the text, of the pictures, or of both.

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors._feature_regression import (
    FeatureRegression,
    has_picture,
    image_feature,
    text_feature,
)
from rumorscope.detectors._fitted import Fitted, Integers, labels_of
from rumorscope.detectors._interface import Output
from rumorscope.detectors._reading import TextOnly, character_preprocess
from rumorscope.encoders._interface import ImageTowerConfig, TextTowerConfig, Towers
from rumorscope.encoders.architecture import Modality
from rumorscope.encoders.preprocess import Batch, Preprocess


class FeaturesConfig(Settings):
    """Which modality, and the towers; one that is not read is not loaded."""

    modality: Literal["text", "image", "both"] = Field("both", description="what the regression reads")
    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()


class Features(Fitted):
    """A post without a picture gets the share of rumors; beside a text, its picture counts as zero."""

    Config = FeaturesConfig
    paper = "Frozen encoders and logistic regression (scikit-learn)"
    idea = "What frozen towers say of a post, weighed by logistic regression."

    def __init__(self, config: FeaturesConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text) if config.modality != "image" else None
        self.image = towers.image("image", config.image) if config.modality != "text" else None
        self.preprocess = self._preprocess()
        self.regression = FeatureRegression(sum(tower.width for tower in (self.text, self.image) if tower))

    @property
    def reads(self) -> frozenset[Modality]:
        modality = self.config.modality
        return frozenset({"text", "image"}) if modality == "both" else frozenset({modality})

    def forward(self, batch: Batch) -> Output:
        features = self._features(batch)
        present = has_picture(batch) if self.text is None else None
        return Output(self.regression(features, present).float(), features.float())

    def fit(self, batches: Iterable[Batch]) -> None:
        features, pictured, labels = list[Tensor](), list[Tensor](), list[Integers]()
        for batch in batches:
            features.append(self._features(batch))
            pictured.append(has_picture(batch))
            labels.append(labels_of(batch))
        present = torch.cat(pictured) if self.text is None else None
        self.regression.fit(torch.cat(features), present, np.concatenate(labels))

    def _features(self, batch: Batch) -> Tensor:
        parts = [text_feature(self.text, batch)] if self.text else []
        parts += [image_feature(self.image, batch)] if self.image else []
        return torch.cat(parts, dim=1)  # (B, D)

    def _preprocess(self) -> Preprocess:
        if self.text is None:
            assert self.image is not None  # the configuration names one of them
            return character_preprocess(self.image.image_size)
        if self.image is None:
            return TextOnly(self.text.tokenizer, self.text.max_tokens, image_size=1)
        return Preprocess(self.text.tokenizer, self.text.max_tokens, self.image.image_size)
