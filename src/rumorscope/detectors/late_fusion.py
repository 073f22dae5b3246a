"""Late fusion: the mean of two probabilities, one from the text and one from the pictures.

A detector that is no better does nothing with text and pictures together.

Shapes: **B** posts.
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
from rumorscope.detectors._fitted import Fitted, Integers, labels_of, log_odds
from rumorscope.detectors._interface import Output
from rumorscope.detectors._reading import character_preprocess, texts_of
from rumorscope.detectors._tfidf_regression import TfidfRegression
from rumorscope.encoders._interface import ImageTowerConfig, TextEncoder, TextTowerConfig, Towers
from rumorscope.encoders.preprocess import Batch, Preprocess


class LateFusionConfig(Settings):
    """What reads the text, and the towers; a text tower is loaded for "features" only."""

    text_part: Literal["tfidf", "features"] = Field("tfidf", description="the regression that reads the text")
    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()


class LateFusion(Fitted):
    """TF-IDF or a frozen text tower, and a frozen image tower, each with a logistic regression of its own."""

    Config = LateFusionConfig
    paper = "Late fusion: the mean of a text and an image regression (scikit-learn)"
    idea = "The mean of what one regression says of the text and another of the picture."
    text: TextEncoder | None
    learnt = tuple(f"words.{name}" for name in TfidfRegression.learnt)

    def __init__(self, config: LateFusionConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.image = towers.image("image", config.image)
        self.image_regression = FeatureRegression(self.image.width)
        if config.text_part == "tfidf":
            self.text = None
            self.words = TfidfRegression()
            self.preprocess = character_preprocess(self.image.image_size)
        else:
            self.text = towers.text("text", config.text)
            self.text_regression = FeatureRegression(self.text.width)
            self.preprocess = Preprocess(self.text.tokenizer, self.text.max_tokens, self.image.image_size)

    def forward(self, batch: Batch) -> Output:
        image = self.image_regression(image_feature(self.image, batch), has_picture(batch))
        answers = torch.stack([self._of_text(batch), image], dim=1)  # (B, 2) float64
        return Output(log_odds(answers.sigmoid().mean(dim=1)).float(), answers.float())

    def fit(self, batches: Iterable[Batch]) -> None:
        texts, text, image = list[str](), list[Tensor](), list[Tensor]()
        pictured, labels = list[Tensor](), list[Integers]()
        for batch in batches:
            if self.text is None:
                texts += texts_of(batch)
            else:
                text.append(text_feature(self.text, batch))
            image.append(image_feature(self.image, batch))
            pictured.append(has_picture(batch))
            labels.append(labels_of(batch))
        known = np.concatenate(labels)
        self.image_regression.fit(torch.cat(image), torch.cat(pictured), known)
        if self.text is None:
            self.words.fit(texts, known)
        else:
            self.text_regression.fit(torch.cat(text), None, known)

    def _of_text(self, batch: Batch) -> Tensor:
        """(B,) log-odds, float64."""
        if self.text is not None:
            log_odds_of_text: Tensor = self.text_regression(text_feature(self.text, batch), None)
            return log_odds_of_text
        return torch.from_numpy(self.words.log_odds(texts_of(batch))).to(batch.labels.device)
