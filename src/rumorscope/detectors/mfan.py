"""MFAN: Multi-modal Feature-enhanced Attention Networks for Rumor Detection (Zheng et al., IJCAI 2022, 335).

This is the part of MFAN that reads text and picture; its social graph is left out. Each modality asks itself,
then the picture asks the text, which gives a text that the picture has enhanced. Both are pulled together by
a squared distance (alignment), ask each other (co-attention), and are judged side by side. In training the
text is also attacked: posts must be judged right after the change to their tokens that hurts most.

    T = self(CNN(tokens)), V = self(regions), T' = cross(V, T)
    L = BCE + w |W_t T' - W_v V|² + BCE of the attacked text
    logit of co(T', V) ⊕ co(V, T')

What was open, and what is decided here:
- The paper has one vector a modality, over which an attention has nothing to choose. Here the text is the
  sequence of what its windows of 3, 4 and 5 tokens find, and the picture the sequence of its regions.
- The enhanced text is aligned with the graph there, with the picture here. A post without a picture is not
  aligned; a learned region stands for its picture.
- The attack changes the word embeddings in the paper; here it changes the text tower's tokens, since a frozen
  tower has no embeddings to change. Its length is a share of the length of the post's tokens (over all of
  them), not 6 for a whole embedding table; 3 steps of 0.3 of that are the published code's 1.8 of 6.
- Each attention has weights of its own, and is normalised (`layers/cross_attention.py`); the published code
  shares one block, without norms.

Shapes: **B** posts, **T** tokens, **N** regions of a post, **D** width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.co_attention import CoAttention
from rumorscope.layers.cross_attention import CrossAttention
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.rumor_judgment import RumorJudgment
from rumorscope.layers.text_cnn import TextCnn
from rumorscope.losses.adversarial_shift import adversarial_shift
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.modality_alignment import modality_alignment

WINDOWS = (3, 4, 5)


class MfanConfig(TextImageConfig):
    """MFAN's settings. Where the paper gives no value, its authors' published code does, if not "chosen"."""

    channels: PositiveInt = Field(100, description="filters a window; three windows give the width, 300")
    heads: PositiveInt = Field(8, description="of every attention, as far as the width can be divided")
    dropout: float = Field(0.6, ge=0, lt=1, description="in the classifier")
    alignment_weight: NonNegativeFloat = Field(1.0, description="w of the squared distance; chosen")
    attack: float = Field(
        0.1, ge=0, lt=1, description="how far, as a share of the tokens' length; 0 trains without; chosen"
    )
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = Field(5e-4, description="of all but the towers; chosen")


class Read(NamedTuple):
    """A batch as the towers read it."""

    tokens: Tensor  # (B, T, D)
    token_mask: Tensor  # (B, T)
    regions: Tensor  # (B, N, D), the last of them standing for no picture
    region_mask: Tensor  # (B, N)
    has_picture: Tensor  # (B,)


class Joined(NamedTuple):
    """What MFAN makes of it."""

    logits: Tensor  # (B,)
    features: Tensor  # (B, 2 D)
    text: Tensor  # (B, D), W_t T'
    image: Tensor  # (B, D), W_v V


@dataclass(frozen=True)
class MfanOutput(Output):
    """MFAN's answer with what its losses need."""

    text: Tensor  # (B, D), aligned
    image: Tensor  # (B, D), aligned
    read: Read


class Mfan(TextImageDetector):
    """MFAN without its graph, over any two towers."""

    Config = MfanConfig
    paper = (
        "MFAN: Multi-modal Feature-enhanced Attention Networks for Rumor Detection (IJCAI 2022), "
        "without its graph"
    )
    idea = "A text that its picture has enhanced is aligned with it, and is judged right under attack."

    def __init__(self, config: MfanConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.windows = TextCnn(self.text.width, channels=config.channels, windows=WINDOWS)
        width = self.windows.width
        heads = math.gcd(width, config.heads)
        self.project = nn.Linear(self.image.width, width)
        self.no_picture = NoPicture(width)
        self.text_self = CrossAttention(width, heads)
        self.image_self = CrossAttention(width, heads)
        self.enhance = CrossAttention(width, heads)
        self.align_text = nn.Linear(width, width)
        self.align_image = nn.Linear(width, width)
        self.co_attention = CoAttention(width, heads=heads)
        self.judgment = RumorJudgment(2 * width, hidden=width, dropout=config.dropout)

    def forward(self, batch: Batch) -> MfanOutput:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, D)
        regions, real = self.regions(batch)
        filled, mask = self.no_picture(self.project(regions), real)  # (B, N, D), (B, N)
        # Losses are computed in full precision, the attack among them, and so is what it changes.
        read = Read(tokens.float(), batch.token_mask, filled.float(), mask, real.any(dim=1))
        joined = self.join(read)
        return MfanOutput(joined.logits, joined.features, joined.text, joined.image, read)

    def join(self, read: Read) -> Joined:
        """From what the towers read to the logits."""
        found = self.windows.fragments(read.tokens, read.token_mask)  # (B, T, D)
        text, _ = self.text_self(found, found, read.token_mask)
        image, _ = self.image_self(read.regions, read.regions, read.region_mask)  # (B, N, D)
        enhanced, _ = self.enhance(image, text, read.token_mask)  # (B, N, D): the picture asks the text
        of_text, of_image, _ = self.co_attention(enhanced, read.region_mask, image, read.region_mask)
        features = torch.cat([of_text, of_image], dim=1)
        return Joined(
            logits=self.judgment(features),
            features=features,
            text=self.align_text(masked_mean(enhanced, read.region_mask)),
            image=self.align_image(masked_mean(image, read.region_mask)),
        )

    def losses(self, output: MfanOutput, batch: Batch) -> dict[str, Tensor]:
        """Classification, alignment and, in training, classification under attack."""
        aligned = modality_alignment(output.text, output.image, output.read.has_picture)
        terms = {
            "binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels),
            "alignment": self.config.alignment_weight * aligned,
        }
        if self.training and self.config.attack:
            terms["attacked"] = self._under_attack(output.read, batch.labels)
        return terms

    def _under_attack(self, read: Read, labels: Tensor) -> Tensor:
        def loss(tokens: Tensor) -> Tensor:
            return binary_cross_entropy(self.join(read._replace(tokens=tokens)).logits, labels)

        own = torch.where(read.token_mask.unsqueeze(-1), read.tokens.detach(), 0)
        radius = self.config.attack * torch.linalg.vector_norm(own, dim=(1, 2))  # (B,)
        return loss(read.tokens + adversarial_shift(loss, read.tokens, radius))
