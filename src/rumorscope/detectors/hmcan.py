"""HMCAN: Hierarchical Multi-modal Contextual Attention Network for Fake News Detection (SIGIR 2021).

Qian et al. A language model's lower layers know words, its upper ones what the text means. At each of three
such levels two contextual transformers look at the post: one reads the text and then has the picture ask it,
the other reads the picture and has the text ask it. What all levels find is laid side by side.

    c(L, R) = mean of L' ⊕ mean of ask(R, L'), L' = self(L)
    c_i = α c_1(text_i, picture) + (1 - α) c_2(picture, text_i), features = c_1 ⊕ c_2 ⊕ c_3

What was open, and what is decided here:
- A level is the sum of four of BERT's twelve layers there, and the mean of a third of the text tower's layers
  here (`TextEncoder.group_layers`), which a linear layer brings to one width and normalises.
- Both transformers serve all levels, as in the authors' published code, whose widths, heads, layers, α, rates
  and frozen towers are the defaults. There a transformer's layers do not build on each other, and the last
  one's answer counts; here each reads what the one before has made.
- Tokens know their places from the text tower. A region's place in its picture is told by a learned vector,
  not by a sine over all regions, which would depend on how many pictures a post's batch mates have.
- A post with several pictures has all their regions; one without any, a learned vector.

Shapes: **B** posts, **T** tokens, **U** distinct pictures, **F** regions of a post, **D** width, **L** items
of what is read, **R** of what asks.
"""

from __future__ import annotations

import math

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.cross_attention import CrossAttention
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy

LEVELS = 3


class HmcanConfig(TextImageConfig):
    """HMCAN's settings. Where the paper gives no value, its authors' published code does."""

    width: PositiveInt = Field(768, description="of every token and region that is attended to")
    heads: PositiveInt = Field(12, description="of every attention, as far as the width can be divided")
    layers: PositiveInt = Field(2, description="of reading oneself, and of asking the other")
    dropout: float = Field(0.1, ge=0, lt=1, description="in the attention")
    text_share: float = Field(0.5, ge=0, le=1, description="α: how much reading the text first counts")
    judgment_width: PositiveInt = Field(256, description="hidden width of the classifier")
    epochs: PositiveInt = 150
    batch_size: PositiveInt = 256
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower, as published")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower, as published")


class Hmcan(TextImageDetector):
    """HMCAN over any two towers."""

    Config = HmcanConfig
    paper = "Hierarchical Multi-modal Contextual Attention Network for Fake News Detection (SIGIR 2021)"
    idea = "Text and picture ask each other at three levels of the language model, from words to meaning."

    def __init__(self, config: HmcanConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        width, heads = config.width, math.gcd(config.width, config.heads)
        of_a_level = self.text.width
        self.text.group_layers(LEVELS)
        self.of_text = nn.Sequential(nn.Linear(of_a_level, width), nn.LayerNorm(width))
        self.of_image = nn.Sequential(nn.Linear(self.image.width, width), nn.ReLU(), nn.LayerNorm(width))
        self.places = nn.Parameter(torch.zeros(len(self.image.grid.scales), width))
        self.no_picture = NoPicture(width)
        self.text_first = _ContextualTransformer(width, heads, config.layers, config.dropout)
        self.image_first = _ContextualTransformer(width, heads, config.layers, config.dropout)
        self.judgment = nn.Sequential(
            dense_layers(2 * LEVELS * width, config.judgment_width), nn.Linear(config.judgment_width, 1)
        )

    def forward(self, batch: Batch) -> Output:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, 3 · width of a level)
        pictures = self.of_image(self.image(batch.pixels).regions) + self.places  # (U, ·, D)
        regions, mask = self.no_picture(*regions_of_posts(pictures, batch.image_index))  # (B, F, D), (B, F)
        features = torch.cat(
            [
                self.at_level(self.of_text(level), batch.token_mask, regions, mask)
                for level in tokens.chunk(LEVELS, dim=2)
            ],
            dim=1,
        )  # (B, 6 D)
        return Output(logits=self.judgment(features).squeeze(-1), features=features)

    def at_level(self, text: Tensor, text_mask: Tensor, image: Tensor, image_mask: Tensor) -> Tensor:
        """(B, T, D), (B, T), (B, F, D), (B, F) → (B, 2 D): what both transformers find, weighed by α."""
        share = self.config.text_share
        text_first = self.text_first(text, text_mask, image, image_mask)
        image_first = self.image_first(image, image_mask, text, text_mask)
        found: Tensor = share * text_first + (1 - share) * image_first
        return found

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


class _ContextualTransformer(nn.Module):
    """Reads one side, and has the other ask it."""

    def __init__(self, width: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.reads = nn.ModuleList(CrossAttention(width, heads, dropout) for _ in range(layers))
        self.asks = nn.ModuleList(CrossAttention(width, heads, dropout) for _ in range(layers))

    def forward(self, read: Tensor, read_mask: Tensor, asking: Tensor, asking_mask: Tensor) -> Tensor:
        """(B, L, D), (B, L), (B, R, D), (B, R) → (B, 2 D)."""
        for block in self.reads:
            read, _ = block(read, read, read_mask)
        for block in self.asks:
            asking, _ = block(asking, read, read_mask)
        return torch.cat([masked_mean(read, read_mask), masked_mean(asking, asking_mask)], dim=1)
