"""CAFE: Cross-modal Ambiguity Learning for Multimodal Fake News Detection (Chen et al., WWW 2022).

Text and picture are first carried into a shared space by a task of their own: is this the text's picture, or
another's? There each modality says what it thinks as a Gaussian; how far the two diverge is the post's
ambiguity. The correlation of text and picture counts as much as a post is ambiguous, and the features of
either modality alone as much as it is not.

    L_align = 1 - cos(t, v) for matched pairs, max(0, cos(t, v) - margin) for others
    a = ambiguity of KL(q(z|t) ‖ q(z|v)) and KL(q(z|v) ‖ q(z|t)), averaged
    features = (1 - a) t' ⊕ (1 - a) v' ⊕ a (correlation of t and v)

What was open, and what is decided here:
- The paper averages divergences over the batch, so that an answer would depend on its batch mates. Here each
  post has its own, in closed form.
- σ(KL) is never below 0.5: the correlation would not fade where both modalities agree, as the paper wants it
  to. Here it is stretched to begin at 0. `paper_literal` keeps σ(KL), and estimates it from one draw in
  training, as the authors' published code does.
- Both tasks take turns in the paper. Here they are two terms of one stage; the aligned features are handed on
  detached, so that each term trains the layers that it trains there.
- Wrong pairs come from shifting the pictures of a batch's non-rumors by one. A shift onto the same picture is
  no wrong pair, and a post without a picture is in none.
- What is known here of the correlation is attention between both vectors and an outer product; that each
  vector asks the other is a choice.
- The text is read by windows of 1, 2, 4 and 8 tokens over the tower's tokens; the picture is the tower's
  pooled feature, averaged over several, with a learned vector where there is none. Widths, dropout
  and the batch norm are those of the published code. (With a layer norm in its place the first
  task aligned everything to one vector, and stayed there for eight epochs on Twitter.)

Shapes: **B** posts, **T** tokens, **I** pictures a post, **D** width of a tower.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.cross_modal_ambiguity import CrossModalAmbiguity
from rumorscope.layers.cross_modal_correlation import CrossModalCorrelation
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.rumor_judgment import RumorJudgment
from rumorscope.layers.text_cnn import TextCnn
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.pair_correlation import pair_correlation
from rumorscope.post import Label

WINDOWS = (1, 2, 4, 8)
CHANNELS = 32  # filters a window


class CafeConfig(TextImageConfig):
    """CAFE's settings. Where the paper gives no value, its authors' published code does."""

    paper_literal: bool = Field(False, description="ambiguity σ(KL), drawn in training; see the module")
    shared_width: int = Field(128, ge=2, description="of the encodings of text and picture")
    aligned_width: PositiveInt = Field(64, description="of the shared space, and of the correlation")
    unimodal_width: PositiveInt = Field(16, description="of each unimodal feature")
    latent_width: PositiveInt = Field(2, description="of the space of the two Gaussians")
    margin: float = Field(0.2, ge=-1, le=1, description="a wrong pair's cosine costs nothing below it")
    dropout: float = Field(0.5, ge=0, lt=1, description="in the encodings")
    batch_size: PositiveInt = 64
    epochs: PositiveInt = 50
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers")


@dataclass(frozen=True)
class CafeOutput(Output):
    """CAFE's answer with what its losses need."""

    text: Tensor  # (B, aligned_width)
    image: Tensor  # (B, aligned_width)
    has_picture: Tensor  # (B,) bool
    ambiguity: Tensor  # (B,) 0 to 1


class Cafe(TextImageDetector):
    """CAFE over any two towers."""

    Config = CafeConfig
    paper = "Cross-modal Ambiguity Learning for Multimodal Fake News Detection (WWW 2022)"
    idea = "How far text and picture disagree decides whether each alone counts, or what they have in common."

    def __init__(self, config: CafeConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.no_picture = NoPicture(self.image.width)
        widths = (self.text.width, self.image.width, config.shared_width)
        self.alignment = _Branch(*widths, out=config.aligned_width, dropout=config.dropout)
        self.unimodal = _Branch(*widths, out=config.unimodal_width, dropout=config.dropout)
        self.ambiguity = CrossModalAmbiguity(
            config.aligned_width,
            latent=config.latent_width,
            form="printed" if config.paper_literal else "stretched",
        )
        self.correlation = CrossModalCorrelation(config.aligned_width, out=config.aligned_width)
        self.fusion = dense_layers(2 * config.unimodal_width + config.aligned_width, config.aligned_width)
        self.judgment = RumorJudgment(config.aligned_width, hidden=config.aligned_width)

    def forward(self, batch: Batch) -> CafeOutput:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, D)
        pictures, real = self.pictures(batch)  # (B, I, D), (B, I)
        picture = masked_mean(*self.no_picture(pictures, real))  # (B, D)
        text, image = self.alignment(tokens, batch.token_mask, picture)
        shared = text.detach(), image.detach()  # the first task alone shapes the shared space
        ambiguity = self.ambiguity(*shared)  # (B,)
        weight = ambiguity.unsqueeze(1)
        unimodal = torch.cat(self.unimodal(tokens, batch.token_mask, picture), dim=1)
        features = torch.cat([(1 - weight) * unimodal, weight * self.correlation(*shared)], dim=1)
        return CafeOutput(
            logits=self.judgment(self.fusion(features)),
            features=features,
            text=text,
            image=image,
            has_picture=real.any(dim=1),
            ambiguity=ambiguity,
        )

    def losses(self, output: CafeOutput, batch: Batch) -> dict[str, Tensor]:
        """Both tasks: whether the picture is the text's own, learned from non-rumors, and rumor or not."""
        pairs = output.has_picture & (batch.labels == float(Label.NON_RUMOR))
        pictures = batch.image_index[pairs]
        return {
            "binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels),
            "pair_correlation": pair_correlation(
                output.text[pairs],
                output.image[pairs],
                (pictures == pictures.roll(-1, dims=0)).all(dim=1),
                margin=self.config.margin,
            ),
        }


class _Branch(nn.Module):
    """An encoding of text and picture of its own, and what one task makes of both."""

    def __init__(self, text: int, image: int, shared: int, *, out: int, dropout: float) -> None:
        super().__init__()
        self.words = TextCnn(text, channels=CHANNELS, windows=WINDOWS)
        self.text = nn.Sequential(
            dense_layers(self.words.width, shared // 2, dropout=dropout),
            dense_layers(shared // 2, shared, shared, out),
        )
        self.image = nn.Sequential(
            dense_layers(image, 2 * shared, dropout=dropout),
            dense_layers(2 * shared, shared, shared, out),
        )

    def forward(self, tokens: Tensor, mask: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D), (B, T), (B, D) → text and image, each (B, out)."""
        return self.text(self.words(tokens, mask)), self.image(picture)
