"""KECL: claims against common knowledge, pictures against traces of forgery, each against the other.

Liu et al., Knowledge-enhanced consistency learning with disentangled multimodal representation for
misinformation detection, Information Fusion 136 (2026) 104501. A forgery-aware image tower → private and
shared features of each modality → cross-modal attention both ways → classifier. What the article leaves open,
and what is decided here, is in docs/kecl.md.

Shapes: **B** posts, **T** tokens, **U** distinct pictures, **I** pictures a post, **R** regions of one,
**F** of them at the finest scale, **C** claims a post, **D** width of the features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional as F

from rumorscope.config import Settings
from rumorscope.detectors._forgery_head import ForgeryHead
from rumorscope.detectors._interface import Detector, Output, ParameterGroup, Stage
from rumorscope.detectors._kecl_evidence import claims_of, manipulation_of, missing_of
from rumorscope.detectors._kecl_parts import CheckedClaims, Private, PrivateHeads, Seen, Shared, SharedHeads
from rumorscope.detectors._kecl_reading import MASKS, TAMPERED, KeclPreprocess
from rumorscope.detectors._modality_dropout import hide_modalities
from rumorscope.detectors._region_evidence import region_evidence
from rumorscope.encoders._interface import ImageTowerConfig, TextTowerConfig, Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.knowledge.checking import ClaimChecker
from rumorscope.knowledge.extraction import ExtractorConfig, build_extractor
from rumorscope.knowledge.store import ConceptStore
from rumorscope.layers.dream import RegionRefinement
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.layers.top_k import Kept
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.disentanglement import disentanglement
from rumorscope.losses.maximum_mean_discrepancy import maximum_mean_discrepancy
from rumorscope.losses.transfer_consistency import transfer_consistency
from rumorscope.losses.weak_alignment import reconstruction_error, weak_alignment
from rumorscope.post import Evidence, Post


class KeclConfig(Settings):
    """KECL's settings. The defaults are the article's where it gives them, else chosen."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig(receptive_fields=(32,))
    claim_text: TextTowerConfig = Field(
        TextTowerConfig(max_tokens=32), description="reads claims and facts; it never learns"
    )
    knowledge: Literal["checked", "none"] = Field("checked", description="none leaves the claims out")
    extractor: ExtractorConfig = ExtractorConfig()
    store: Path | None = Field(
        None, description="of `rumorscope knowledge build`; where it builds by default, if not named"
    )
    known_triples: PositiveInt = Field(8, description="that a claim is compared with, at the most; chosen")
    variant: Literal["full", "entangled"] = Field("full", description="entangled: one feature a modality")
    classifier_reads: Literal["aligned", "shared"] = Field(
        "aligned", description="beside the private features; shared is the printed form"
    )
    refinement: Literal["none", "dream"] = Field("none", description="of regions before they are asked")

    width: PositiveInt = Field(256, description="of each of the four features")
    judgment_width: PositiveInt = Field(256, description="hidden width of the classifier")
    dropout: float = Field(0.3, ge=0, lt=1, description="in the classifier")
    modality_dropout: float = Field(
        0.1, ge=0, le=0.5, description="how often training hides a text, and as often the pictures; chosen"
    )
    transfer_weight: NonNegativeFloat = Field(0.6, description="of the transfer consistency (Weibo)")
    disentangling_weight: NonNegativeFloat = Field(0.8, description="of the disentangling (Weibo)")
    alignment_weight: NonNegativeFloat = Field(0.4, description="of the weak alignment (Weibo)")
    margin: NonNegativeFloat = Field(0.5, description="of the weak alignment")
    mask_weight: NonNegativeFloat = Field(
        0.0, description="of learning from the forgeries' masks, place by place; not in the article"
    )
    global_alignment_weight: NonNegativeFloat = Field(
        0.0, description="of the maximum mean discrepancy between shared features; not in the article"
    )
    rumor_weight: PositiveFloat = Field(1.0, description="how many times a rumor counts in the loss")

    forgery_epochs: NonNegativeInt = Field(10, description="stage one; 0 leaves it out; chosen")
    forgery_batch_size: PositiveInt = Field(32, description="chosen")
    forgery_learning_rate: PositiveFloat = Field(1e-4, description="of the image tower; chosen")
    forgery_head_learning_rate: PositiveFloat = Field(1e-3, description="chosen")
    epochs: PositiveInt = Field(20, description="stage two; chosen")
    batch_size: PositiveInt = Field(32, description="stage two; chosen")
    learning_rate: PositiveFloat = Field(2e-4, description="stage two, all but the towers; chosen")
    text_learning_rate: NonNegativeFloat = Field(1e-5, description="0 freezes the text tower; chosen")
    image_learning_rate: NonNegativeFloat = Field(
        1e-5, description="in stage two; 0 freezes the image tower there; chosen"
    )


@dataclass(frozen=True)
class KeclOutput(Output):
    """KECL's answer with what its losses and its evidence need."""

    seen: Seen
    private: Private
    shared: Shared
    claims: CheckedClaims | None
    pictures: Tensor  # (U, ·) the image tower's summary of each distinct picture
    tampered: Tensor  # (U,) log-odds that it was altered
    places: Tensor  # (U, F) likewise place by place
    attention: Tensor  # (B, I·R) that the text pays to the pictures' regions


class Kecl(Detector):
    """KECL and its ablations."""

    Config = KeclConfig
    paper = (
        "Knowledge-enhanced consistency learning with disentangled multimodal representation for "
        "misinformation detection (Information Fusion 136, 2026)"
    )
    idea = "Checks claims against ConceptNet, and pictures for forgery; keeps private from shared features."
    preprocess: KeclPreprocess

    def __init__(self, config: KeclConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)
        self.image = towers.image("image", config.image)
        checked = config.knowledge == "checked"
        self.claim_text = towers.text("claim_text", config.claim_text) if checked else None
        self.forgery = ForgeryHead(self.image.width, self.image.grid, learns_places=config.mask_weight > 0)
        self.preprocess = KeclPreprocess(
            self.text.tokenizer,
            self.text.max_tokens,
            self.image.image_size,
            checker=_checker(config) if checked else None,
            claim_tokenizer=self.claim_text.tokenizer if self.claim_text else None,
            claim_tokens=config.claim_text.max_tokens,
            mask_side=self.forgery.side,
        )
        self.empty_text = self.preprocess.prepare(Post(id="", text="")).token_ids
        refined = config.refinement == "dream"
        self.refinement = RegionRefinement(self.image.width, self.image.grid) if refined else None
        claim_width = self.claim_text.width if self.claim_text else None
        self.private = PrivateHeads(self.text.width, self.image.width, claim_width, config.width)
        self.shared = SharedHeads(
            self.text.width, self.image.width, config.width, own_heads=config.variant == "full"
        )
        self.judgment = nn.Sequential(
            nn.Linear(4 * config.width, config.judgment_width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.judgment_width, 1),
        )

    def forward(self, batch: Batch) -> KeclOutput:
        if self.training:
            batch = hide_modalities(batch, self.config.modality_dropout, self.empty_text)
        texts, pictures = self.text(batch.token_ids, batch.token_mask), self.image(batch.pixels)
        tampered, places = self.forgery(pictures)
        self.forgery.remember_authentic(tampered, batch)
        regions = self.refinement(pictures.regions) if self.refinement else pictures.regions
        seen = self._seen(batch, texts.pooled, pictures.pooled)
        claims = self._checked_claims(batch, seen)
        private = self.private(seen, claims)
        shared = self.shared(
            seen, private, *regions_of_posts(regions, batch.image_index), texts.tokens, batch.token_mask
        )
        logits, features = self._judge(private, shared)
        return KeclOutput(
            logits=logits,
            features=features,
            seen=seen,
            private=private,
            shared=shared,
            claims=claims,
            pictures=pictures.pooled,
            tampered=tampered,
            places=places,
            attention=shared.attention,
        )

    def stages(self) -> Sequence[Stage]:
        """Forgery pretraining of the image tower, then everything jointly."""
        config = self.config
        forgery = Stage(
            name="forgery",
            loss=self._forgery_loss,
            groups=[
                ParameterGroup.of([self.forgery], config.forgery_head_learning_rate),
                ParameterGroup.of([self.image], config.forgery_learning_rate),
            ],
            epochs=config.forgery_epochs,
            batch_size=config.forgery_batch_size,
            data="forgeries",
        )
        new = [self.private, self.shared, self.judgment, *([self.refinement] if self.refinement else [])]
        learnt = ParameterGroup.of(new, config.learning_rate)
        if config.classifier_reads == "shared":  # nothing reads what stands for an unpaired post
            unread = {id(parameter) for parameter in self.shared.stand_ins()}
            kept = [parameter for parameter in learnt.parameters if id(parameter) not in unread]
            learnt = replace(learnt, parameters=kept)
        groups = [
            learnt,
            ParameterGroup.of([self.text], config.text_learning_rate),
            ParameterGroup.of([self.image], config.image_learning_rate),
        ]
        joint = Stage(
            name="joint",
            loss=self._joint_loss,
            groups=[group for group in groups if group.learning_rate > 0],
            epochs=config.epochs,
            batch_size=config.batch_size,
        )
        return [forgery, joint] if config.forgery_epochs else [joint]

    def manipulation(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(U, 3, S, S) uint8 → log-odds that each picture was altered (U,), and place by place (U, ·, ·)."""
        tampered, places = self.forgery(self.image(pixels))
        return tampered, self.forgery.as_grid(places)

    def evidence(self, batch: Batch, output: KeclOutput) -> list[Evidence]:
        """Claims with their deviation, manipulation maps, and where in the pictures the text looks."""
        nothing = Kept(
            batch.image_index.new_zeros(len(batch), 0), output.seen.has_picture.new_zeros(len(batch), 0)
        )
        maps = region_evidence(
            self.image.grid, batch.image_sizes, output.attention, nothing, output.attention[:, :0]
        )
        claims = claims_of(batch, output.claims, output.private.claim_weights, self.preprocess)
        altered = manipulation_of(batch, output.tampered, output.places, self.forgery)
        return [
            replace(found, claims=claim, manipulation=manipulation)
            for found, claim, manipulation in zip(maps, claims, altered, strict=True)
        ]

    def ruled_out(self, batch: Batch, output: KeclOutput) -> Mapping[str, Tensor]:
        """Log-odds were picture and text to agree, the picture unaltered, the claims as is known.

        Agreement: each modality finds in the other just what it asked for. Unaltered: the picture's feature
        moves along the forgery head's direction down to the level of authentic pictures. As is known: no
        claim deviates.
        """
        private, shared, seen = output.private, output.shared, output.seen
        never = torch.full_like(output.logits, torch.nan)
        ruled = {"if_consistent": never, "if_authentic": never, "if_known": never}
        if self.config.classifier_reads == "aligned":
            agreeing = replace(shared, aligned_text=shared.text, aligned_image=shared.image)
            paired = seen.has_text & seen.has_picture
            ruled["if_consistent"] = torch.where(paired, self._judge(private, agreeing)[0], never)
        if self.forgery.is_trained:
            cleaned = self.forgery.as_authentic(output.pictures, output.tampered)
            unaltered = self._seen(batch, seen.text, cleaned)
            logits = self._judge(self.private(unaltered, output.claims), shared)[0]
            ruled["if_authentic"] = torch.where(seen.has_picture, logits, never)
        if output.claims is not None:
            agreed = replace(output.claims, deviation=torch.zeros_like(output.claims.deviation))
            logits = self._judge(self.private(seen, agreed), shared)[0]
            ruled["if_known"] = torch.where(output.claims.linked.any(dim=1), logits, never)
        return ruled

    def disentangled(self, batch: Batch, output: Output) -> Mapping[str, tuple[Tensor, Tensor, Tensor]]:
        """By modality the private and the shared feature (B, D), and which posts have it (B,)."""
        assert isinstance(output, KeclOutput)
        private, shared, seen = output.private, output.shared, output.seen
        return {
            "text": (private.text, shared.text, seen.has_text),
            "pictures": (private.image, shared.image, seen.has_picture),
        }

    def missing(self, batch: Batch) -> list[tuple[str, ...]]:
        """A picture, a text, a claim in it, or anything known of the claims."""
        lacking = super().missing(batch)
        if self.claim_text is None:
            return lacking
        return [
            (*found, *missing_of(post, self.preprocess))
            for found, post in zip(lacking, batch.posts, strict=True)
        ]

    def _seen(self, batch: Batch, text: Tensor, pictures: Tensor) -> Seen:
        of_posts, real = regions_of_posts(pictures.unsqueeze(1), batch.image_index)
        return Seen(
            text=text,
            image=masked_mean(of_posts, real),
            has_text=batch.token_mask.sum(dim=1) > len(self.empty_text),
            has_picture=real.any(dim=1),
        )

    def _checked_claims(self, batch: Batch, seen: Seen) -> CheckedClaims | None:
        return CheckedClaims.of(batch, self.claim_text, seen.has_text) if self.claim_text else None

    def _judge(self, private: Private, shared: Shared) -> tuple[Tensor, Tensor]:
        features = torch.cat([private.image, private.text, *shared.read(self.config.classifier_reads)], dim=1)
        return self.judgment(features).squeeze(-1), features

    def _forgery_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Forgery sets teach to tell; news pictures, whose posts have labels, only have to look like them."""
        assert isinstance(output, KeclOutput)
        first = batch.image_index[:, 0] if batch.image_index.shape[1] else batch.image_index.new_zeros(0)
        known = ~batch.extras[TAMPERED].isnan()
        rows = (known[: len(first)] & (first >= 0)).nonzero().squeeze(-1)
        tampered, of_news = batch.extras[TAMPERED][rows], ~batch.labels[rows].isnan()
        shown = first[rows]
        told = tampered.masked_fill(of_news, torch.nan)
        terms = {"forgery": binary_cross_entropy(output.tampered[shown], told)}
        if self.config.transfer_weight:
            # At unit length: else a tower that gives nothing at all is the nearest to consistent.
            directions = F.normalize(output.pictures[shown], dim=1)
            distance = transfer_consistency(directions, tampered == 1, of_news)
            terms["transfer"] = self.config.transfer_weight * distance
        if self.config.mask_weight:
            masks = batch.extras[MASKS][rows].masked_fill(of_news.unsqueeze(1), torch.nan)
            places = binary_cross_entropy(output.places[shown].flatten(), masks.flatten())
            terms["masks"] = self.config.mask_weight * places
        return terms

    def _joint_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(output, KeclOutput)
        config, private, shared, seen = self.config, output.private, output.shared, output.seen
        terms = {
            "binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels, config.rumor_weight)
        }
        if config.disentangling_weight and config.variant == "full":
            apart = disentanglement(private.image, shared.image, seen.has_picture)
            apart = apart + disentanglement(private.text, shared.text, seen.has_text)
            terms["disentanglement"] = config.disentangling_weight * apart
        paired = seen.has_picture & seen.has_text
        if config.alignment_weight:
            errors = reconstruction_error(shared.aligned_text, shared.text)
            errors = errors + reconstruction_error(shared.aligned_image, shared.image)
            weak = weak_alignment(errors, batch.labels, paired, config.margin)
            terms["weak_alignment"] = config.alignment_weight * weak
        if config.global_alignment_weight:
            discrepancy = maximum_mean_discrepancy(
                shared.text, shared.image, first_mask=paired, second_mask=paired
            )
            terms["maximum_mean_discrepancy"] = config.global_alignment_weight * discrepancy
        return terms


def _checker(config: KeclConfig) -> ClaimChecker:
    return ClaimChecker(build_extractor(config.extractor), ConceptStore(config.store), config.known_triples)
