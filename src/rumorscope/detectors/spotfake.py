"""SpotFake: A Multi-modal Framework for Fake News Detection (Singhal et al., IEEE BigMM 2019).

No second task and no attention: what a language model says of the text and what an image network says of the
picture are each brought to 32 numbers, laid side by side, and classified.

    t = ReLU(W2 · ReLU(W1 · text)), v = ReLU(W4 · ReLU(W3 · picture)), features = t ⊕ v

What was open, and what is decided here:
- The towers are BERT and VGG-19, both frozen, in the paper; here any two, frozen by default. Their own
  summary of text and picture is read.
- The authors' published notebook searches over numbers and widths of hidden layers. Here each stack has one:
  768 for the text, 2742 for the picture and 35 after joining, all three among those searched.
- A post with several pictures has their mean; one without has a learned vector in its place.

Shapes: **B** posts, **I** pictures a post, **D** width of a tower, **R** width of a representation.
"""

from __future__ import annotations

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy


class SpotFakeConfig(TextImageConfig):
    """SpotFake's settings; see the module for where they come from."""

    text_hidden: PositiveInt = Field(768, description="width of the text's hidden layer")
    image_hidden: PositiveInt = Field(2742, description="width of the picture's hidden layer")
    representation_width: PositiveInt = Field(32, description="of text and of picture")
    fused_hidden: PositiveInt = Field(35, description="width of the hidden layer after joining")
    dropout: float = Field(0.4, ge=0, lt=1, description="behind every hidden layer")
    batch_size: PositiveInt = 256
    learning_rate: PositiveFloat = Field(5e-4, description="of all but the towers")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower, as published")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower, as published")


class SpotFake(TextImageDetector):
    """SpotFake over any two towers."""

    Config = SpotFakeConfig
    paper = "SpotFake: A Multi-modal Framework for Fake News Detection (BigMM 2019)"
    idea = "What two pretrained towers say is laid side by side and classified."

    def __init__(self, config: SpotFakeConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        width, dropout = config.representation_width, config.dropout
        self.no_picture = NoPicture(self.image.width)
        self.of_text = _representation(self.text.width, config.text_hidden, width, dropout)
        self.of_image = _representation(self.image.width, config.image_hidden, width, dropout)
        self.dropout = nn.Dropout(dropout)
        self.fusion = dense_layers(2 * width, config.fused_hidden, dropout=dropout, norm="none")
        self.judgment = nn.Linear(config.fused_hidden, 1)

    def forward(self, batch: Batch) -> Output:
        text = self.text(batch.token_ids, batch.token_mask).pooled  # (B, D)
        picture = masked_mean(*self.no_picture(*self.pictures(batch)))  # (B, D)
        features = torch.cat([self.of_text(text), self.of_image(picture)], dim=1)  # (B, 2R)
        logits = self.judgment(self.fusion(self.dropout(features))).squeeze(-1)
        return Output(logits=logits, features=features)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


def _representation(width: int, hidden: int, out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        dense_layers(width, hidden, dropout=dropout, norm="none"), nn.Linear(hidden, out), nn.ReLU()
    )
