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

Shapes: **B** posts, **I** pictures a post, **E** width of the shared space, **H** of a feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._clip_pair import ClipPairConfig, ClipPairDetector, ClipPairOutput
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.modality_attention import ModalityAttention
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.layers.standardised_similarity import StandardisedSimilarity
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy


class FndClipConfig(ClipPairConfig):
    """FND-CLIP's settings. Where the paper gives no value, its authors' published code does."""

    hidden_width: PositiveInt = Field(256, description="of the three heads")
    feature_width: PositiveInt = Field(64, description="of the three features, and of the classifier")
    dropout: float = Field(0.5, ge=0, lt=1, description="in the heads")
    epochs: PositiveInt = Field(100, description="stage two")
    batch_size: PositiveInt = Field(64, description="stage two")
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower, as published")
    image_learning_rate: NonNegativeFloat = Field(1e-3, description="0 freezes the image tower")


@dataclass(frozen=True)
class FndClipOutput(ClipPairOutput):
    """FND-CLIP's answer with how much each feature counts."""

    similarity: Tensor  # (B,) 0 to 1
    weights: Tensor  # (B, 3) of text, picture and what CLIP says of both


class FndClip(ClipPairDetector):
    """FND-CLIP over any two towers and any pair of a text and an image tower."""

    Config = FndClipConfig
    paper = "Multimodal Fake News Detection via CLIP-Guided Learning (ICME 2023, arXiv 2205.14304)"
    idea = "What CLIP says of text and picture counts as much as they fit each other."

    def __init__(self, config: FndClipConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.no_picture = NoPicture(self.image.width)
        self.of_text = _head(self.text.width + config.shared_width, config)
        self.of_image = _head(self.image.width + config.shared_width, config)
        self.of_both = _head(2 * config.shared_width, config)
        self.similarity = StandardisedSimilarity()
        self.attention = ModalityAttention(3)
        width = config.feature_width
        self.judgment = nn.Sequential(dense_layers(width, width, width), nn.Linear(width, 1))

    def forward(self, batch: Batch) -> FndClipOutput:
        text = self.text(batch.token_ids, batch.token_mask).pooled  # (B, D)
        pictures, real = regions_of_posts(self.image(batch.pixels).pooled.unsqueeze(1), batch.image_index)
        image = masked_mean(*self.no_picture(pictures, real))  # (B, D)
        clip_text, clip_image = self.in_shared_space(batch)  # (B, E)
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
            contrastive_temperature=self.temperature(),
            similarity=similarity,
            weights=weights,
        )

    def losses(self, output: FndClipOutput, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


def _head(width: int, config: FndClipConfig) -> nn.Sequential:
    return nn.Sequential(
        dense_layers(width, config.hidden_width, dropout=config.dropout),
        dense_layers(config.hidden_width, config.feature_width),
    )
