"""SAFE: Similarity-Aware Multi-Modal Fake News Detection (Zhou et al., PAKDD 2020, arXiv 2003.04981).

Who needs a picture for a story that did not happen takes one of something else. Besides being classified
together, text and picture are compared, and rumors are to be those in which they differ.

    t = W_t · TextCNN(text) + b_t, v = W_v · TextCNN(picture) + b_v, p = σ(W_p (t ⊕ v) + b_p)
    s = (t · v + ‖t‖ ‖v‖) / 2 ‖t‖ ‖v‖, from 0 to 1
    L_p = -E[y log p + (1 - y) log(1 - p)], L_s = -E[y log(1 - s) + (1 - y) log s], L = α L_p + β L_s

What was open, and what is decided here:
- The paper has a captioning network turn the picture into a sentence, which a Text-CNN reads in the words'
  own space. No captioner is at hand: the regions of the picture, row by row, stand in for that sentence's
  words, and are brought to the width at which words enter the Text-CNN by a linear layer of their own.
- Headline and body have one Text-CNN each in the paper; a post has one text, and one Text-CNN.
- A post without a picture cannot disagree with one: it has no part in L_s, and a learned vector is its only
  region.
- Widths, windows, rate, and α : β, which the paper chooses for each data set, are those of the authors'
  published code. Words are the text tower's tokens in place of pretrained word vectors, and as these stay
  as they are: both towers are frozen by default.

Shapes: **B** posts, **T** tokens, **I** pictures a post, **R** regions of one, **W** width of t and v.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.text_cnn import TextCnn
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.similarity_cross_entropy import modified_cosine, similarity_cross_entropy


class SafeConfig(TextImageConfig):
    """SAFE's settings; see the module for where they come from."""

    word_width: PositiveInt = Field(32, description="of words and regions as they enter the Text-CNNs")
    channels: PositiveInt = Field(128, description="filters a window")
    windows: tuple[PositiveInt, ...] = Field((3, 4), min_length=1, description="in words or regions")
    feature_width: PositiveInt = Field(32, description="of text and of picture")
    classification_weight: PositiveFloat = Field(0.6, description="α, of telling rumors by both together")
    similarity_weight: PositiveFloat = Field(0.4, description="β, of telling rumors by how both differ")
    dropout: float = Field(0.5, ge=0, lt=1, description="of what the filters find")
    batch_size: PositiveInt = 64
    epochs: PositiveInt = 60
    learning_rate: PositiveFloat = Field(5e-4, description="of all but the towers")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower")


@dataclass(frozen=True)
class SafeOutput(Output):
    """SAFE's answer with what its second loss needs."""

    similarity: Tensor  # (B,) 0 to 1
    has_picture: Tensor  # (B,) bool


class Safe(TextImageDetector):
    """SAFE over any two towers."""

    Config = SafeConfig
    paper = "SAFE: Similarity-Aware Multi-Modal Fake News Detection (PAKDD 2020, arXiv 2003.04981)"
    idea = "A rumor's picture has little to do with its text, so rumors are told by that, too."

    def __init__(self, config: SafeConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.no_picture = NoPicture(self.image.width)
        self.of_text = _Sentence(self.text.width, config)
        self.of_image = _Sentence(self.image.width, config)
        self.judgment = nn.Linear(2 * config.feature_width, 1)

    def forward(self, batch: Batch) -> SafeOutput:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, D)
        regions, real = self.regions(batch)  # (B, I·R, D), (B, I·R)
        text = self.of_text(tokens, batch.token_mask)  # (B, W)
        image = self.of_image(*self.no_picture(regions, real))  # (B, W)
        features = torch.cat([text, image], dim=1)
        return SafeOutput(
            logits=self.judgment(features).squeeze(-1),
            features=features,
            similarity=modified_cosine(text, image),
            has_picture=real.any(dim=1),
        )

    def losses(self, output: SafeOutput, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, by both together and by how both differ."""
        together = binary_cross_entropy(output.logits, batch.labels)
        apart = similarity_cross_entropy(output.similarity, batch.labels, output.has_picture)
        return {
            "binary_cross_entropy": self.config.classification_weight * together,
            "similarity_cross_entropy": self.config.similarity_weight * apart,
        }


class _Sentence(nn.Module):
    """A Text-CNN over words or regions, (B, N, D) with their mask, and its line: (B, W)."""

    def __init__(self, width: int, config: SafeConfig) -> None:
        super().__init__()
        self.enter = nn.Linear(width, config.word_width)
        self.words = TextCnn(config.word_width, channels=config.channels, windows=config.windows)
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(self.words.width, config.feature_width)

    def forward(self, items: Tensor, mask: Tensor) -> Tensor:
        feature: Tensor = self.out(self.dropout(self.words(self.enter(items), mask)))
        return feature
