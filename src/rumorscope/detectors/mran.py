"""MRAN: Multimodal relationship-aware attention network for fake news detection (Yang et al., 2024).

Computer Standards & Interfaces, 103822. A text is read at several levels: its words, phrases of several
lengths, and the whole. The fragments of all levels and the regions of the picture then gather what is like
them, within their modality and across (`layers/relationship_attention.py`), more than once: what a second
round gathers has already been related. Both modalities are judged side by side.

    T = words ⊕ phrases ⊕ whole, V = regions
    T, V ← relate(T, V), as often as there are layers
    logit of mean(T) ⊕ mean(V)

This follows the paper's abstract, which names these three steps and prints no equation. So all sizes are
chosen here, and:
- The words are the text tower's tokens, the whole is its summary, and phrases are what windows of 2, 3 and 4
  tokens find (`layers/text_cnn.py`); a learned vector tells each level. Any image tower stands for VGG19.
- Likeness is the scaled dot product of multi-head attention.
- Several pictures' regions stand side by side; a learned region stands for no picture.

Shapes: **B** posts, **T** tokens, **N** regions of a post, **D** width.
"""

from __future__ import annotations

import math

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import TextFeatures, Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.relationship_attention import Fragments, RelationshipAttention
from rumorscope.layers.rumor_judgment import RumorJudgment
from rumorscope.layers.text_cnn import TextCnn
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy

WINDOWS = (2, 3, 4)
LEVELS = 3  # words, phrases, the whole


class MranConfig(TextImageConfig):
    """MRAN's settings; all are chosen."""

    width: PositiveInt = Field(256, description="of every fragment and region")
    heads: PositiveInt = Field(8, description="of every attention, as far as the width can be divided")
    layers: PositiveInt = Field(2, description="how often fragments and regions are related")
    dropout: float = Field(0.2, ge=0, lt=1, description="in the attentions and the classifier")
    learning_rate: PositiveFloat = Field(2e-4, description="of all but the towers")


class Mran(TextImageDetector):
    """MRAN over any two towers."""

    Config = MranConfig
    paper = (
        "MRAN: Multimodal relationship-aware attention network for fake news detection "
        "(Computer Standards & Interfaces 2024)"
    )
    idea = "Words, phrases, the whole text and regions gather what is like them, within and across."

    def __init__(self, config: MranConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        width, heads = config.width, math.gcd(config.width, config.heads)
        self.levels = _TextLevels(self.text.width, width)
        self.project = nn.Linear(self.image.width, width)
        self.no_picture = NoPicture(width)
        self.relations = nn.ModuleList(
            RelationshipAttention(width, heads, config.dropout) for _ in range(config.layers)
        )
        self.judgment = RumorJudgment(2 * width, hidden=width, dropout=config.dropout)

    def forward(self, batch: Batch) -> Output:
        features = self.text(batch.token_ids, batch.token_mask)
        text, text_mask = self.levels(features, batch.token_mask)  # (B, 2 T + 1, D)
        regions, real = self.regions(batch)
        image, image_mask = self.no_picture(self.project(regions), real)  # (B, N, D)
        for relate in self.relations:
            text, image = relate((text, text_mask), (image, image_mask))
        fused = torch.cat([masked_mean(text, text_mask), masked_mean(image, image_mask)], dim=1)
        return Output(logits=self.judgment(fused), features=fused)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


class _TextLevels(nn.Module):
    """A text's words, phrases and whole, as fragments of one width."""

    def __init__(self, text: int, width: int) -> None:
        super().__init__()
        self.windows = TextCnn(text, channels=width, windows=WINDOWS)
        self.words = nn.Linear(text, width, bias=False)  # the level's vector is its bias
        self.phrases = nn.Linear(self.windows.width, width, bias=False)
        self.whole = nn.Linear(text, width, bias=False)
        self.level = nn.Parameter(torch.zeros(LEVELS, width))

    def forward(self, text: TextFeatures, mask: Tensor) -> Fragments:
        """A text of T tokens → 2 T + 1 fragments."""
        words = self.words(text.tokens) + self.level[0]
        phrases = self.phrases(self.windows.fragments(text.tokens, mask)) + self.level[1]
        whole = (self.whole(text.pooled) + self.level[2]).unsqueeze(1)
        always = mask.new_ones(len(mask), 1)
        return torch.cat([words, phrases, whole], dim=1), torch.cat([mask, mask, always], dim=1)
