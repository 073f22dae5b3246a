"""FND-CLIP: Multimodal Fake News Detection via CLIP-Guided Learning (Zhou et al., ICME 2023).

arXiv 2205.14304. Each modality is read twice: by a tower that knows it alone (BERT, ResNet) and by its half
of a CLIP. What CLIP says of both counts as much as they fit each other, by the standards of other posts; then
an attention over the three features weighs them for the classifier.

    m_t = head(text ⊕ t), m_v = head(picture ⊕ v), m_f = σ((cos(t, v) - mean) / deviation) · head(t ⊕ v)
    a = σ(E(mean of each m) + E(maximum of each m)), features = a_t m_t + a_v m_v + a_f m_f

What was open, and what is decided here:
- The paper standardises the similarity by running statistics. They come from labelled posts with a picture,
  in training alone, so that an answer never depends on its batch mates. Its authors' published code has
  w · cos + b with learned w and b instead; widths, dropout, norms and rates are that code's.
- t and v are the towers' summaries in the space that both share, which is CLIP's own where that has
  `shared_width` numbers (512 in openai/clip-vit-base-patch32, the paper's). The compact pair has none: there
  the projections are learned from captions in a stage of their own, or, if that is left out, with the rest.
- The towers of the CLIP pair and of the text stay as they are; the picture's own learns, as in that code.
  A tower's own summary is read; the code averages the first token over all layers of BERT.
- A post with several pictures has their mean. One without has a learned vector in its place, and fits as
  posts do on average.

Shapes: **B** posts, **I** pictures a post, **U** distinct pictures, **E** width of the shared space, **H** of
a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.detectors._clip_reading import CLIP_IDS, CLIP_MASK, ClipPreprocess
from rumorscope.detectors._interface import Detector, Output, ParameterGroup, Stage
from rumorscope.encoders._interface import (
    ImageEncoder,
    ImageTowerConfig,
    TextEncoder,
    TextTowerConfig,
    Towers,
)
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.modality_attention import ModalityAttention
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import first_with_its_pictures, regions_of_posts
from rumorscope.layers.standardised_similarity import StandardisedSimilarity
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.info_nce import Temperature, info_nce


class FndClipConfig(Settings):
    """FND-CLIP's settings. Where the paper gives no value, its authors' published code does."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()
    clip_text: TextTowerConfig = TextTowerConfig()
    clip_image: ImageTowerConfig = ImageTowerConfig(receptive_fields=(32,))
    shared_width: PositiveInt = Field(
        512,
        description="of the space that the CLIP pair shares; its own is begun with, where that is as wide",
    )
    hidden_width: PositiveInt = Field(256, description="of the three heads")
    feature_width: PositiveInt = Field(64, description="of the three features, and of the classifier")
    dropout: float = Field(0.5, ge=0, lt=1, description="in the heads")
    contrastive_epochs: NonNegativeInt = Field(
        10, description="of bringing the pair together by captions; 0 leaves it out, as for a CLIP; chosen"
    )
    contrastive_batch_size: PositiveInt = Field(64, description="chosen")
    projection_learning_rate: PositiveFloat = Field(5e-4, description="in that stage; chosen")
    epochs: PositiveInt = Field(100, description="stage two")
    batch_size: PositiveInt = Field(64, description="stage two")
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower, as published")
    image_learning_rate: NonNegativeFloat = Field(1e-3, description="0 freezes the image tower")

    @model_validator(mode="after")
    def _one_picture_size(self) -> FndClipConfig:
        if self.image.image_size != self.clip_image.image_size:
            raise ValueError(
                f"image.image_size={self.image.image_size} but clip_image.image_size="
                f"{self.clip_image.image_size}: both towers see the same scaled picture; give both one size"
            )
        return self


@dataclass(frozen=True)
class FndClipOutput(Output):
    """FND-CLIP's answer with what its losses need."""

    clip_text: Tensor  # (B, E)
    clip_image: Tensor  # (B, E)
    has_picture: Tensor  # (B,) bool
    similarity: Tensor  # (B,) 0 to 1
    weights: Tensor  # (B, 3) of text, picture and what CLIP says of both
    contrastive_temperature: Tensor  # ()


class FndClip(Detector):
    """FND-CLIP over any two towers and any pair of a text and an image tower."""

    Config = FndClipConfig
    paper = "Multimodal Fake News Detection via CLIP-Guided Learning (ICME 2023, arXiv 2205.14304)"
    idea = "What CLIP says of text and picture counts as much as they fit each other."
    preprocess: ClipPreprocess

    def __init__(self, config: FndClipConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)
        self.image = towers.image("image", config.image)
        self.clip_text = towers.text("clip_text", config.clip_text)
        self.clip_image = towers.image("clip_image", config.clip_image)
        self.preprocess = ClipPreprocess(
            self.text.tokenizer,
            self.text.max_tokens,
            self.image.image_size,
            clip_tokenizer=self.clip_text.tokenizer,
            clip_tokens=self.clip_text.max_tokens,
        )
        shared = config.shared_width
        self.project_text = _projection(self.clip_text, shared)
        self.project_image = _projection(self.clip_image, shared)
        self.is_clip = all(_has_space(tower, shared) for tower in (self.clip_text, self.clip_image))
        self.temperature = Temperature()
        self.no_picture = NoPicture(self.image.width)
        self.no_clip_picture = NoPicture(shared)
        self.of_text = _head(self.text.width + shared, config)
        self.of_image = _head(self.image.width + shared, config)
        self.of_both = _head(2 * shared, config)
        self.similarity = StandardisedSimilarity()
        self.attention = ModalityAttention(3)
        width = config.feature_width
        self.judgment = nn.Sequential(dense_layers(width, width, width), nn.Linear(width, 1))

    def forward(self, batch: Batch) -> FndClipOutput:
        text = self.text(batch.token_ids, batch.token_mask).pooled  # (B, D)
        clip_text = self.project_text(self.clip_text(batch.extras[CLIP_IDS], batch.extras[CLIP_MASK]).pooled)
        index = batch.image_index
        pictures, real = regions_of_posts(self.image(batch.pixels).pooled.unsqueeze(1), index)
        projected = self.project_image(self.clip_image(batch.pixels).pooled)  # (U, E)
        clip_pictures, _ = regions_of_posts(projected.unsqueeze(1), index)  # (B, I, E)
        image = masked_mean(*self.no_picture(pictures, real))  # (B, D)
        clip_image = masked_mean(*self.no_clip_picture(clip_pictures, real))  # (B, E)
        has_picture = real.any(dim=1)
        similarity = self.similarity(clip_text, clip_image, has_picture, ~batch.labels.isnan())
        features = torch.stack(
            [
                self.of_text(torch.cat([text, clip_text], dim=1)),
                self.of_image(torch.cat([image, clip_image], dim=1)),
                similarity.unsqueeze(1) * self.of_both(torch.cat([clip_text, clip_image], dim=1)),
            ],
            dim=1,
        )  # (B, 3, H)
        weights = self.attention(features)  # (B, 3)
        fused = (weights.unsqueeze(2) * features).sum(dim=1)  # (B, H)
        return FndClipOutput(
            logits=self.judgment(fused).squeeze(-1),
            features=fused,
            clip_text=clip_text,
            clip_image=clip_image,
            has_picture=has_picture,
            similarity=similarity,
            weights=weights,
            contrastive_temperature=self.temperature(),
        )

    def stages(self) -> Sequence[Stage]:
        """The pair's shared space from captions, then everything else end to end."""
        config = self.config
        space = [self.project_text, self.project_image]
        contrastive = Stage(
            name="contrastive",
            loss=self._contrastive_loss,
            groups=[ParameterGroup.of([*space, self.temperature], config.projection_learning_rate)],
            epochs=config.contrastive_epochs,
            batch_size=config.contrastive_batch_size,
            data="captions",
            sampling="one_per_image",
        )
        new = [
            *(self.no_picture, self.no_clip_picture, self.attention, self.judgment),
            *(self.of_text, self.of_image, self.of_both),
            *(() if config.contrastive_epochs or self.is_clip else space),
        ]
        groups = [
            ParameterGroup.of(new, config.learning_rate),
            ParameterGroup.of([self.text], config.text_learning_rate),
            ParameterGroup.of([self.image], config.image_learning_rate),
        ]
        end_to_end = Stage(
            name="end_to_end",
            loss=self._classification_loss,
            groups=[group for group in groups if group.learning_rate > 0],
            epochs=config.epochs,
            batch_size=config.batch_size,
        )
        return [contrastive, end_to_end] if config.contrastive_epochs else [end_to_end]

    def _contrastive_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(output, FndClipOutput)
        pairs = output.has_picture & first_with_its_pictures(batch.image_index)
        pulled = info_nce(output.clip_text[pairs], output.clip_image[pairs], output.contrastive_temperature)
        return {"info_nce": pulled}

    def _classification_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


def _has_space(tower: TextEncoder | ImageEncoder, width: int) -> bool:
    return tower.projection is not None and len(tower.projection) == width


def _projection(tower: TextEncoder | ImageEncoder, width: int) -> nn.Linear:
    """Into the shared space; the pair's own to begin with, where it has one of that width."""
    linear = nn.Linear(tower.width, width, bias=False)
    if tower.projection is not None and _has_space(tower, width):
        with torch.no_grad():
            linear.weight.copy_(tower.projection)
    return linear


def _head(width: int, config: FndClipConfig) -> nn.Sequential:
    return nn.Sequential(
        dense_layers(width, config.hidden_width, dropout=config.dropout),
        dense_layers(config.hidden_width, config.feature_width),
    )
