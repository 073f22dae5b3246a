"""MIMoE-FND: Modality Interactive Mixture-of-Experts for Fake News Detection (Liu et al., WWW 2025).

arXiv 2501.12431. Text and picture may judge alike or not, and may speak of the same or not: each of these
four interactions is fused by experts of its own. A gate says how much of each fusion a post takes, and is
taught by the two questions themselves: how far the judgments of either modality alone diverge
(Jensen-Shannon), and how similar a CLIP finds text and picture. Beneath, every sequence is read by a mixture
of experts, too.

    t = iMoE(tokens), v = iMoE(regions), m = iMoE(tokens ⊕ regions)
    gate g = softmax(MLP(attention over t, v and CLIP's text and picture)), taught: CE(g, interaction)
    fused = Σ_k g_k trim(iMoE_k(restyle(v), restyle(t), m))
    L = BCE(fused) + (BCE(t) + BCE(v)) / 2 + β (CE(gate) + c z-loss)

Where the paper's text leaves something open its authors' published code is followed: two experts a mixture,
of one block with four heads, with amounts that are no shares; both thresholds 0.3; `restyle` (AdaIN), which
standardises a modality's feature and gives it a scale and a shift that its own judgment asks for; widths and
rates. What is decided here:
- That code takes the divergence of two single numbers, each divided by itself, which is always 0. Here it is
  of the two judgments as probabilities, in nats.
- The similarity is the cosine in the space that the CLIP pair shares, not after layers that are learned to
  route. Posts without a picture have no interaction, and teach the gate nothing.
- That code's balance loss counts whole posts, and has no gradient: it is left out.
- Sequences are summed up by their mean over what is real, not by their first item, which is none of a
  convolutional tower's regions. The attention that sums up for a gate is a softmax: bare scores, as there,
  grow with the length of a text.
- Everything is as wide as the text tower (768 in the paper, whose two towers both are). The block is the
  shared one (`layers/cross_attention.py`); positions are the towers', and a learned vector tells a modality.

Shapes: **B** posts, **T** tokens, **N** regions of a post, **D** width, **E** width of the CLIP pair's space,
**H** width of what the gate and the classifier read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._clip_pair import ClipPairConfig, ClipPairDetector, ClipPairOutput
from rumorscope.detectors._interface import ParameterGroup
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.expert_mixture import ExpertMixture
from rumorscope.layers.interaction import INTERACTIONS, interaction, jensen_shannon
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.layers.token_attention import TokenAttention
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.interaction_routing import interaction_routing
from rumorscope.losses.router_z import router_z

MODALITIES = 3  # picture, text, both


class MimoeFndConfig(ClipPairConfig):
    """MIMoE-FND's settings: its authors' published code's, if not "chosen"."""

    experts: PositiveInt = Field(2, description="of every mixture")
    heads: PositiveInt = Field(4, description="of every expert, as far as the width can be divided")
    gate_width: PositiveInt = Field(64, description="of what the gate and the classifiers read")
    agreed_below: PositiveFloat = Field(0.3, description="judgments that diverge less (nats) agree")
    aligned_above: float = Field(0.3, ge=-1, le=1, description="what CLIP finds more similar is aligned")
    routing_weight: NonNegativeFloat = Field(0.7, description="β of teaching the gate")
    z_weight: NonNegativeFloat = Field(0.01, description="c of the z-loss, within β")
    unimodal_weight: NonNegativeFloat = Field(1.0, description="of judging by either modality alone")
    epochs: PositiveInt = 50
    batch_size: PositiveInt = 24
    learning_rate: PositiveFloat = Field(5e-5, description="of all but the towers and the gate")
    gate_learning_rate: PositiveFloat = 1e-4


@dataclass(frozen=True)
class MimoeFndOutput(ClipPairOutput):
    """MIMoE-FND's answer with what its losses need."""

    text_logits: Tensor  # (B,) by the text alone
    image_logits: Tensor  # (B,) by the pictures alone
    gate: Tensor  # (B, 4) logits over INTERACTIONS


class MimoeFnd(ClipPairDetector):
    """MIMoE-FND over any two towers and any pair of a text and an image tower."""

    Config = MimoeFndConfig
    paper = "Modality Interactive Mixture-of-Experts for Fake News Detection (WWW 2025, arXiv 2501.12431)"
    idea = "Experts of their own for posts whose modalities agree or not, and speak of the same or not."

    def __init__(self, config: MimoeFndConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        width, lite = self.text.width, config.gate_width
        mixture = {"experts": config.experts, "heads": math.gcd(width, config.heads)}
        self.project = nn.Linear(self.image.width, width)
        self.no_picture = NoPicture(width)
        self.of_text = ExpertMixture(width, **mixture)
        self.of_image = ExpertMixture(width, **mixture)
        self.of_both = ExpertMixture(width, **mixture)
        self.judge_text = _Judge(width, lite)
        self.judge_image = _Judge(width, lite)
        self.gate = _Gate(config.shared_width, lite)
        self.restyle_text = _Restyle(width)
        self.restyle_image = _Restyle(width)
        self.modality = nn.Parameter(torch.zeros(MODALITIES, width))
        self.fusions = nn.ModuleList(ExpertMixture(width, **mixture) for _ in INTERACTIONS)
        self.trim = nn.Sequential(nn.Linear(width, lite), nn.SiLU())
        self.judgment = nn.Linear(lite, 1)

    def forward(self, batch: Batch) -> MimoeFndOutput:
        text, image, both, real = self._read(batch)  # (B, D) each, (B,)
        clip_text, clip_image = self.in_shared_space(batch)
        of_text, text_logits = self.judge_text(text)
        of_image, image_logits = self.judge_image(image)
        gate = self.gate(of_text, of_image, clip_text, clip_image)  # (B, 4)
        restyled = (self.restyle_image(image, image_logits), self.restyle_text(text, text_logits), both)
        fused = self._fuse(torch.stack(restyled, dim=1), gate.softmax(dim=1))
        return MimoeFndOutput(
            logits=self.judgment(fused).squeeze(-1),
            features=fused,
            clip_text=clip_text,
            clip_image=clip_image,
            has_picture=real,
            contrastive_temperature=self.temperature(),
            text_logits=text_logits,
            image_logits=image_logits,
            gate=gate,
        )

    def _read(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        tokens, mask = self.text(batch.token_ids, batch.token_mask).tokens, batch.token_mask  # (B, T, D)
        regions, real = regions_of_posts(self.image(batch.pixels).regions, batch.image_index)
        regions, region_mask = self.no_picture(self.project(regions), real)  # (B, N, D), (B, N)
        both, both_mask = torch.cat([regions, tokens], dim=1), torch.cat([region_mask, mask], dim=1)
        return (
            masked_mean(self.of_text(tokens, mask), mask),
            masked_mean(self.of_image(regions, region_mask), region_mask),
            masked_mean(self.of_both(both, both_mask), both_mask),
            real.any(dim=1),
        )

    def _fuse(self, modalities: Tensor, shares: Tensor) -> Tensor:
        """(B, 3, D), (B, 4) → (B, H)."""
        modalities = modalities + self.modality
        always = torch.ones(modalities.shape[:2], dtype=torch.bool, device=modalities.device)
        fused = [self.trim(fusion(modalities, always).mean(dim=1)) for fusion in self.fusions]
        return (shares.unsqueeze(2) * torch.stack(fused, dim=1)).sum(dim=1)

    def groups(self, parameters: Sequence[nn.Parameter]) -> list[ParameterGroup]:
        """The gate learns at a rate of its own."""
        of_gate = {id(parameter) for parameter in self.gate.parameters()}
        rest = [parameter for parameter in parameters if id(parameter) not in of_gate]
        return [
            ParameterGroup(rest, self.config.learning_rate),
            ParameterGroup.of([self.gate], self.config.gate_learning_rate),
        ]

    def losses(self, output: MimoeFndOutput, batch: Batch) -> dict[str, Tensor]:
        """Three judgments, and what teaches the gate."""
        config = self.config
        alone = [
            binary_cross_entropy(logits, batch.labels) for logits in (output.text_logits, output.image_logits)
        ]
        routing = interaction_routing(output.gate, self.interactions(output), output.has_picture)
        return {
            "binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels),
            "unimodal": config.unimodal_weight * torch.stack(alone).mean(),
            "routing": config.routing_weight * routing,
            "router_z": config.routing_weight * config.z_weight * router_z(output.gate),
        }

    def interactions(self, output: MimoeFndOutput) -> Tensor:
        """(B,) of 0 to 3, numbering INTERACTIONS, by what the modalities say at the moment."""
        return interaction(
            jensen_shannon(output.text_logits.detach(), output.image_logits.detach()),
            F.cosine_similarity(output.clip_text.detach().float(), output.clip_image.detach().float(), dim=1),
            agreed_below=self.config.agreed_below,
            aligned_above=self.config.aligned_above,
        )


class _Judge(nn.Module):
    """One modality made narrow, and judged."""

    def __init__(self, width: int, lite: int) -> None:
        super().__init__()
        self.trim = nn.Sequential(nn.Linear(width, lite), nn.SiLU())
        self.out = nn.Linear(lite, 1)

    def forward(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        """(B, D) → (B, H) and log-odds (B,)."""
        narrow = self.trim(feature)
        return narrow, self.out(narrow).squeeze(-1)


class _Gate(nn.Module):
    """To which interaction a post belongs, by both modalities and by what CLIP says of them."""

    def __init__(self, shared: int, lite: int) -> None:
        super().__init__()
        self.of_clip_text = nn.Sequential(nn.Linear(shared, 2 * lite), nn.Linear(2 * lite, lite), nn.SiLU())
        self.of_clip_image = nn.Sequential(nn.Linear(shared, 2 * lite), nn.Linear(2 * lite, lite), nn.SiLU())
        self.summary = TokenAttention(lite)
        self.out = nn.Sequential(nn.Linear(lite, lite), nn.SiLU(), nn.Linear(lite, len(INTERACTIONS)))

    def forward(self, text: Tensor, image: Tensor, clip_text: Tensor, clip_image: Tensor) -> Tensor:
        """(B, H), (B, H), (B, E), (B, E) → logits (B, 4)."""
        seen = [text, image, self.of_clip_text(clip_text), self.of_clip_image(clip_image)]
        stacked = torch.stack(seen, dim=1)  # (B, 4, H)
        always = torch.ones(stacked.shape[:2], dtype=torch.bool, device=stacked.device)
        logits: Tensor = self.out(self.summary(stacked, always))
        return logits


class _Restyle(nn.Module):
    """AdaIN (Huang and Belongie, ICCV 2017): a judgment sets the scale and the shift of a feature."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Sequential(nn.Linear(1, width), nn.SiLU(), nn.Linear(width, 1))
        self.shift = nn.Sequential(nn.Linear(1, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, feature: Tensor, logits: Tensor) -> Tensor:
        """(B, D), (B,) → (B, D)."""
        judged = logits.detach().sigmoid().unsqueeze(1)  # (B, 1)
        standardised = F.layer_norm(feature, feature.shape[1:])
        restyled: Tensor = self.scale(judged) * (standardised + self.shift(judged))
        return restyled
