"""Two scores: one linear layer reads the text, another the pictures, and their log-odds add up.

Shapes: **B** posts, **U** distinct pictures in the batch, **D** width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Output, ParameterGroup, Stage
from rumorscope.encoders._interface import ImageTowerConfig, TextTowerConfig, Towers
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy


class TwoScoresConfig(Settings):
    """The settings, each with its default; a key that is not here is refused."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()
    learning_rate: PositiveFloat = Field(1e-3, description="of the two linear layers")
    epochs: PositiveInt = 10
    batch_size: PositiveInt = 32


class TwoScores(Detector):
    """Frozen towers, and a linear layer on each."""

    Config = TwoScoresConfig
    paper = "Two linear scores, added"
    idea = "A linear score of the text and one of the pictures, added up."

    def __init__(self, config: TwoScoresConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)  # the attribute is named as the tower is asked for
        self.image = towers.image("image", config.image)
        self.preprocess = Preprocess(self.text.tokenizer, self.text.max_tokens, self.image.image_size)
        self.text_score = nn.Linear(self.text.width, 1)
        self.image_score = nn.Linear(self.image.width, 1, bias=False)

    def forward(self, batch: Batch) -> Output:
        text = self.text(batch.token_ids, batch.token_mask).pooled  # (B, D)
        pictures = self.image(batch.pixels).pooled  # (U, D): each distinct picture is encoded once
        of_posts, real = regions_of_posts(pictures.unsqueeze(1), batch.image_index)
        image = masked_mean(of_posts, real)  # (B, D), zero where a post has no picture
        logits = (self.text_score(text) + self.image_score(image)).squeeze(-1)  # (B,)
        return Output(logits, features=torch.cat([text, image], dim=1))

    def stages(self) -> Sequence[Stage]:
        # Parameters in no group are frozen: here both towers.
        learned = [*self.text_score.parameters(), *self.image_score.parameters()]
        stage = Stage(
            name="classification",
            loss=self._loss,
            groups=[ParameterGroup(learned, self.config.learning_rate)],
            epochs=self.config.epochs,
            batch_size=self.config.batch_size,
        )
        return [stage]

    def _loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}
