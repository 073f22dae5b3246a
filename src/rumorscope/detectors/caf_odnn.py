"""CAF-ODNN: complementary attention fusion with an optimized deep neural network (IP&M, 2024).

A picture is there twice: as it looks, and as a caption says it, in the words' own space. Text, caption and
picture complement each other two by two, in both directions (`layers/complementary_attention.py`); what each
pair then says is aligned, normalised channel by channel and added up; a deep network judges the three sums.

    C = caption(regions), T = W_t tokens, C = W_t C, V = W_v regions
    A', B' = complement(A, B), f = norm(W_a mean(A')) + norm(W_b mean(B')) for the three pairs of T, C, V
    logit = deep network(f_TC ⊕ f_TV ⊕ f_CV)

What is known here of the paper is that outline: image captions, attention in two directions, alignment with
channel normalisation, an optimised network. Its sizes and equations are chosen here, and:
- No captioner writes words. In its place a head carries regions into the space of the text tower, where it
  learns from pairs of pictures and captions what a caption of the picture would be encoded as (InfoNCE
  against the tower's summary of the real caption, in a stage of its own); each region is then read as a token
  of the caption, through the same layer as the text's own tokens. With `caption_epochs = 0` it learns from
  posts alone.
- The channel normalisation is a batch norm, by running statistics when judging.
- "Optimised" names the training of that network; here it is three layers with batch norm and dropout.
- Several pictures' regions stand side by side; a learned region stands for no picture.

Shapes: **B** posts, **T** tokens, **N** regions of a post, **D** width, **E** width of the text tower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output, ParameterGroup, Stage
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.batch_norm import BatchNorm
from rumorscope.layers.complementary_attention import ComplementaryAttention, Items
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import first_with_its_pictures
from rumorscope.layers.projection_head import ProjectionHead
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.info_nce import info_nce

PAIRS = (("text", "caption"), ("text", "image"), ("caption", "image"))
TEMPERATURE = 0.07  # of InfoNCE, as CLIP's begins


class CafOdnnConfig(TextImageConfig):
    """CAF-ODNN's settings; all are chosen."""

    width: PositiveInt = Field(
        256, description="of tokens, caption tokens and regions, and of each pair's sum"
    )
    deep_widths: tuple[PositiveInt, ...] = Field((512, 256, 128), description="of the deep network's layers")
    dropout: float = Field(0.3, ge=0, lt=1, description="in the deep network")
    caption_epochs: NonNegativeInt = Field(10, description="of learning to caption; 0 leaves it out")
    caption_batch_size: PositiveInt = 64
    caption_learning_rate: PositiveFloat = 5e-4
    learning_rate: PositiveFloat = Field(5e-4, description="of all but the towers")


@dataclass(frozen=True)
class CafOdnnOutput(Output):
    """CAF-ODNN's answer with what its losses need."""

    text: Tensor  # (B, E), the tower's summary
    caption: Tensor  # (B, E), of the pictures
    has_picture: Tensor  # (B,) bool


class CafOdnn(TextImageDetector):
    """CAF-ODNN over any two towers."""

    Config = CafOdnnConfig
    paper = (
        "CAF-ODNN: Complementary attention fusion with optimized deep neural network for multimodal fake "
        "news detection (Information Processing & Management 2024)"
    )
    idea = "Text, the picture's caption and the picture complement each other in pairs, both ways."

    def __init__(self, config: CafOdnnConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.no_picture = NoPicture(self.image.width)
        self.captioner = ProjectionHead(self.image.width, self.text.width)
        self.words = nn.Linear(self.text.width, config.width)  # of the text and of the caption alike
        self.project = nn.Linear(self.image.width, config.width)
        self.pairs = nn.ModuleList(_Pair(config.width) for _ in PAIRS)
        widths = (len(PAIRS) * config.width, *config.deep_widths)
        self.deep = dense_layers(*widths, dropout=config.dropout)
        self.judgment = nn.Linear(widths[-1], 1)

    def forward(self, batch: Batch) -> CafOdnnOutput:
        text = self.text(batch.token_ids, batch.token_mask)
        regions, real = self.regions(batch)
        regions, mask = self.no_picture(regions, real)  # (B, N, ·), (B, N)
        caption = self.captioner(regions)  # (B, N, E)
        sides: dict[str, Items] = {
            "text": (self.words(text.tokens), batch.token_mask),  # (B, T, D)
            "caption": (self.words(caption), mask),  # (B, N, D)
            "image": (self.project(regions), mask),  # (B, N, D)
        }
        sums = [pair(sides[one], sides[other]) for pair, (one, other) in zip(self.pairs, PAIRS, strict=True)]
        features = torch.cat(sums, dim=1)
        return CafOdnnOutput(
            logits=self.judgment(self.deep(features)).squeeze(-1),
            features=features,
            text=text.pooled,
            caption=masked_mean(caption, mask),
            has_picture=real.any(dim=1),
        )

    def stages(self) -> Sequence[Stage]:
        """Learning to caption, then everything end to end."""
        config = self.config
        captioning = Stage(
            name="captioning",
            loss=self.caption_losses,
            groups=[ParameterGroup.of([self.captioner], config.caption_learning_rate)],
            epochs=config.caption_epochs,
            batch_size=config.caption_batch_size,
            data="captions",
            sampling="one_per_image",
        )
        return [*([captioning] if config.caption_epochs else []), *super().stages()]

    def caption_losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """A picture's caption is nearer to its own text than to others'."""
        assert isinstance(output, CafOdnnOutput)
        pairs = output.has_picture & first_with_its_pictures(batch.image_index)
        return {"info_nce": info_nce(output.text[pairs], output.caption[pairs], TEMPERATURE)}

    def losses(self, output: CafOdnnOutput, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


class _Pair(nn.Module):
    """Two sides that complement each other, aligned, normalised and added up."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.complement = ComplementaryAttention(width)
        self.align = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width, bias=False), BatchNorm(width)) for _ in range(2)
        )

    def forward(self, first: Items, second: Items) -> Tensor:
        """(B, N, D) and (B, M, D) → (B, D)."""
        complemented = self.complement(first, second)
        means = [masked_mean(one, mask) for one, (_, mask) in zip(complemented, (first, second), strict=True)]
        both = [align(mean) for align, mean in zip(self.align, means, strict=True)]
        return torch.stack(both).sum(dim=0)
