"""MICC: cross-modal rumor detection by text-image correlations at several scales (arXiv 2508.11141).

Towers → projection heads (eq. 8, 9) → relevance (eq. 14) → Top-K a scale (eq. 18) → scale-aware fusion
(eq. 19-26) → judgment (eq. 27-30). What the paper leaves open, and what is decided here, is in docs/micc.md.

Shapes: **B** posts, **T** tokens, **U** distinct pictures, **I** pictures a post, **R** regions of one,
**K** kept regions over all scales, **D** width of the shared space.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.detectors._interface import Detector, Output, ParameterGroup, Stage
from rumorscope.detectors._micc_fusion import (
    Aligned,
    CoAttended,
    ConcatenateAll,
    ConcatenateGlobal,
    ConcatenateKept,
    Fusion,
    ReduceAndConcatenateKept,
    ScaleAware,
)
from rumorscope.detectors._modality_dropout import hide_modalities
from rumorscope.detectors._region_evidence import region_evidence
from rumorscope.encoders._interface import ImageTowerConfig, RegionGrid, TextTowerConfig, Towers
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.layers.co_attention import CoAttention
from rumorscope.layers.dream import RegionRefinement
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.post_regions import first_with_its_pictures, regions_of_posts
from rumorscope.layers.projection_head import ProjectionHead
from rumorscope.layers.relevance import cosine_relevance, dot_product_relevance
from rumorscope.layers.rumor_judgment import RumorJudgment
from rumorscope.layers.scale_aware_fusion import ScaleAwareFusion
from rumorscope.layers.top_k import Kept, top_k_per_scale
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.info_nce import Temperature, info_nce, text_to_image_info_nce
from rumorscope.losses.maximum_mean_discrepancy import maximum_mean_discrepancy
from rumorscope.post import Evidence, Post

Variant = Literal["full", "ms_alpha", "ms_beta", "a_gamma", "a_delta", "clip", "concate"]


class MiccConfig(Settings):
    """MICC's settings. The defaults are the paper's where it gives them, else chosen."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()
    variant: Variant = Field("full", description="MICC, or a variant of table 5")
    paper_literal: bool = Field(False, description="eq. 11, 20 and 29 as printed; see docs/micc.md")

    embedding_width: PositiveInt = Field(256, description="d' of the shared space; chosen")
    top_k: PositiveInt = Field(2, description="regions kept at each scale (table 3)")
    relevance_weight: float = Field(
        0.30, ge=0, le=1, description="1 - λ of eq. 20: 0.30 for PHEME, 0.35 for Weibo (section 4.2)"
    )
    fusion_layers: PositiveInt = Field(2, description="linear layers of the semantic score (table 3)")
    fusion_width: PositiveInt = Field(256, description="their hidden width (table 3)")
    judgment_width: PositiveInt = Field(256, description="hidden width of the classifier; chosen")
    dropout: float = Field(0.2, ge=0, lt=1, description="in the classifier; chosen")
    modality_dropout: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="how often training hides a post's text, and as often its pictures; chosen",
    )
    temperature: float = Field(0.07, gt=0.01, description="τ of eq. 11 at the start; it is learned")
    rumor_weight: PositiveFloat = Field(1.0, description="how many times a rumor counts in the loss")
    refinement: Literal["none", "dream"] = Field(
        "none", description="of the regions before the alignment; dream: as in MambaRec (arXiv 2509.09114)"
    )
    global_alignment_weight: NonNegativeFloat = Field(
        0.0, description="of the discrepancy between texts and pictures, in both stages; MambaRec: 0.1 to 0.2"
    )

    contrastive_epochs: NonNegativeInt = Field(10, description="stage one; 0 leaves it out; chosen")
    contrastive_batch_size: PositiveInt = Field(64, description="section 4.1.2")
    projection_learning_rate: PositiveFloat = Field(5e-4, description="stage one (section 4.1.2)")
    epochs: PositiveInt = Field(20, description="stage two; chosen")
    batch_size: PositiveInt = Field(32, description="stage two; chosen")
    learning_rate: PositiveFloat = Field(2e-4, description="stage two, all but the towers (section 4.1.2)")
    text_learning_rate: NonNegativeFloat = Field(
        1e-5, description="stage two; 0 freezes the text tower; chosen"
    )
    image_learning_rate: NonNegativeFloat = Field(
        1e-5, description="stage two; 0 freezes the image tower; chosen"
    )

    @model_validator(mode="after")
    def _clip_has_one_scale(self) -> MiccConfig:
        if self.variant == "clip" and len(self.image.receptive_fields) != 1:
            raise ValueError(
                "variant 'clip' is CLIP at its own patch size; "
                "give image.receptive_fields that one size, e.g. [32]"
            )
        return self


@dataclass(frozen=True)
class MiccOutput(Output):
    """MICC's answer with what its losses and its evidence need."""

    text: Tensor  # (B, D), T of eq. 10
    image: Tensor  # (B, D), V of eq. 10, over all pictures of the post; 0 where it has none
    has_picture: Tensor  # (B,) bool
    contrastive_temperature: Tensor  # ()
    relevance: Tensor  # (B, I*R), picture by picture
    kept: Kept  # (B, K)
    weights: Tensor  # (B, K), α of eq. 24


class Micc(Detector):
    """MICC with its variants: which relevance and which fusion they take is decided in this constructor."""

    Config = MiccConfig
    paper = (
        "A Cross-Modal Rumor Detection Scheme via Contrastive Learning by Exploring Text-Image Internal "
        "Correlations (arXiv 2508.11141)"
    )
    idea = "The regions that a text is about, at several scales, are picked out and fused with it."

    def __init__(self, config: MiccConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)
        self.image = towers.image("image", config.image)
        self.preprocess = Preprocess(self.text.tokenizer, self.text.max_tokens, self.image.image_size)
        self.empty_text = self.preprocess.prepare(Post(id="", text="")).token_ids

        self.scales = len(self.image.grid.receptive_fields)
        self.region_scales: Tensor
        self.register_buffer("region_scales", self.image.grid.scales.clone(), persistent=False)
        self.text_head = ProjectionHead(self.text.width, config.embedding_width)
        self.image_head = ProjectionHead(self.image.width, config.embedding_width)
        self.refinement = _refinement(config, self.image.grid)
        self.temperature = Temperature(config.temperature)
        self.relevance = cosine_relevance if config.variant == "clip" else dot_product_relevance
        self.fusion = _fusion(config, scales=self.scales, regions=len(self.region_scales))
        self.judgment = RumorJudgment(
            self.fusion.features,
            hidden=config.judgment_width,
            dropout=config.dropout,
            norm="output" if config.paper_literal else "hidden",
        )

    def forward(self, batch: Batch) -> MiccOutput:
        if self.training:
            batch = hide_modalities(batch, self.config.modality_dropout, self.empty_text)
        aligned = self.align(batch)
        fused = self.fusion(aligned)
        return MiccOutput(
            logits=self.judgment(fused.features),
            features=fused.features,
            text=aligned.text,
            image=masked_mean(aligned.regions, aligned.region_mask),
            has_picture=aligned.region_mask.any(dim=1),
            contrastive_temperature=self.temperature(),
            relevance=aligned.relevance,
            kept=fused.kept,
            weights=fused.weights,
        )

    def align(self, batch: Batch) -> Aligned:
        """Encode the batch into the shared space and keep the regions that fit the text best."""
        tokens = self.text_head(self.text(batch.token_ids, batch.token_mask).tokens)  # (B, T, D)
        text = masked_mean(tokens, batch.token_mask)  # (B, D)
        pictures = self.refinement(self.image_head(self.image(batch.pixels).regions))  # (U, R, D)
        regions, region_mask = regions_of_posts(pictures, batch.image_index)  # (B, I*R, D), (B, I*R)
        relevance = self.relevance(text, regions)  # (B, I*R)
        region_scales = self.region_scales.repeat(batch.image_index.shape[1])
        kept = top_k_per_scale(relevance, region_mask, region_scales, self.scales, self.config.top_k)
        return Aligned(text, tokens, batch.token_mask, regions, region_mask, relevance, kept)

    def stages(self) -> Sequence[Stage]:
        """Contrastive pretraining of the two heads, then everything end to end (section 4.1.2)."""
        config = self.config
        heads = [self.text_head, self.image_head, self.refinement]
        contrastive = Stage(
            name="contrastive",
            loss=self._contrastive_loss,
            groups=[ParameterGroup.of([*heads, self.temperature], config.projection_learning_rate)],
            epochs=config.contrastive_epochs,
            batch_size=config.contrastive_batch_size,
            data="captions",
            sampling="one_per_image",
        )
        groups = [
            ParameterGroup.of([*heads, self.fusion, self.judgment], config.learning_rate),
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

    def evidence(self, batch: Batch, output: MiccOutput) -> list[Evidence]:
        """The kept regions with their weights, and the relevance of every region to the text."""
        return region_evidence(
            self.image.grid, batch.image_sizes, output.relevance, output.kept, output.weights
        )

    def _contrastive_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(output, MiccOutput)
        pairs = output.has_picture & first_with_its_pictures(batch.image_index)
        loss = text_to_image_info_nce if self.config.paper_literal else info_nce
        term = loss(output.text[pairs], output.image[pairs], output.contrastive_temperature)
        return {"info_nce": term, **self._global_alignment(output)}

    def _classification_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        loss = binary_cross_entropy(output.logits, batch.labels, self.config.rumor_weight)
        return {"binary_cross_entropy": loss, **self._global_alignment(output)}

    def _global_alignment(self, output: Output) -> dict[str, Tensor]:
        weight = self.config.global_alignment_weight
        if weight == 0:
            return {}
        assert isinstance(output, MiccOutput)
        both = output.has_picture
        discrepancy = maximum_mean_discrepancy(output.text, output.image, first_mask=both, second_mask=both)
        return {"maximum_mean_discrepancy": weight * discrepancy}


def _refinement(config: MiccConfig, grid: RegionGrid) -> nn.Module:
    if config.refinement == "dream":
        return RegionRefinement(config.embedding_width, grid)
    return nn.Identity()


def _fusion(config: MiccConfig, *, scales: int, regions: int) -> Fusion:
    """The one place where table 5's variants part ways."""
    width, slots = config.embedding_width, scales * config.top_k
    match config.variant:
        case "ms_alpha":
            return ConcatenateKept(width, slots)
        case "ms_beta":
            return ReduceAndConcatenateKept(width, slots, reduced=max(width // 4, 1))
        case "a_gamma":
            return ConcatenateAll(width, regions)
        case "a_delta":
            return ConcatenateGlobal(width)
        case "concate":
            return CoAttended(width, CoAttention(width, heads=math.gcd(width, 8), dropout=config.dropout))
        case "full" | "clip":
            weighing = ScaleAwareFusion(
                width,
                hidden=config.fusion_width,
                layers=config.fusion_layers,
                relevance_weight=config.relevance_weight,
                mixing="raw" if config.paper_literal else "standardised",
            )
            return ScaleAware(width, weighing)
