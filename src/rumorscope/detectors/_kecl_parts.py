"""KECL's features: what each modality has for itself, and what it shares with the other.

Shapes: **B** posts, **C** claims a post, **T** tokens, **N** regions of a post, **D** width of the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rumorscope.detectors._kecl_reading import CLAIMS, KNOWN, SENTENCE_MASK, SENTENCES
from rumorscope.encoders._interface import TextEncoder
from rumorscope.encoders.preprocess import Batch
from rumorscope.knowledge.deviation import factual_deviation
from rumorscope.layers.query_attention import QueryAttention


@dataclass(frozen=True)
class Seen:
    """What the towers say of a post, and whether there was anything to see."""

    text: Tensor  # (B, ·)
    image: Tensor  # (B, ·), the mean over its pictures; 0 where it has none
    has_text: Tensor  # (B,) bool
    has_picture: Tensor  # (B,) bool


@dataclass(frozen=True)
class CheckedClaims:
    """A post's claims beside what is known."""

    embedding: Tensor  # (B, C, ·)
    deviation: Tensor  # (B, C, ·) from the nearest known triple; 0 where none is known
    nearest: Tensor  # (B, C) which of the claim's known triples that is
    linked: Tensor  # (B, C) bool, whether any is known

    @staticmethod
    def of(batch: Batch, tower: TextEncoder, has_text: Tensor) -> CheckedClaims:
        """Embed claims and known triples by a tower that never learns. A hidden text claims nothing."""
        claims, known = batch.extras[CLAIMS], batch.extras[KNOWN]  # (B, C), (B, C, N)
        with torch.no_grad():
            sentences = _embedded(tower, batch.extras[SENTENCES], batch.extras[SENTENCE_MASK])
        embedding, mask = sentences[claims], (known >= 0) & has_text[:, None, None]
        found = factual_deviation(embedding, sentences[known], mask)
        return CheckedClaims(embedding, found.vectors, found.nearest, found.linked)


@dataclass(frozen=True)
class Private:
    """What a modality tells alone: traces of manipulation, and text with its factual deviation."""

    text: Tensor  # (B, D)
    image: Tensor  # (B, D)
    claim_weights: Tensor  # (B, C), attention over the claims of which anything is known


class PrivateHeads(nn.Module):
    """Linear projections; the text's reads the deviations, gathered by attention from the text."""

    def __init__(self, text: int, image: int, claim: int | None, width: int) -> None:
        super().__init__()
        self.deviations = (
            QueryAttention(query=text, key=claim, value=claim, width=width) if claim is not None else None
        )
        self.text = nn.Linear(text + (width if claim is not None else 0), width)
        self.image = nn.Linear(image, width)
        self.no_picture = nn.Parameter(torch.zeros(width))

    def forward(self, seen: Seen, claims: CheckedClaims | None) -> Private:
        image = torch.where(seen.has_picture.unsqueeze(1), self.image(seen.image), self.no_picture)
        if claims is None or self.deviations is None:
            return Private(self.text(seen.text), image, seen.text[:, :0])
        gathered, weights = self.deviations(seen.text, claims.embedding, claims.deviation, claims.linked)
        return Private(self.text(torch.cat([seen.text, gathered], dim=1)), image, weights)


@dataclass(frozen=True)
class Shared:
    """What both modalities can speak of, and what each finds of it in the other."""

    text: Tensor  # (B, D)
    image: Tensor  # (B, D)
    aligned_text: Tensor  # (B, D), what the text finds in the regions
    aligned_image: Tensor  # (B, D), what the pictures find in the tokens
    attention: Tensor  # (B, N), that the text pays to the regions

    def read(self, which: str) -> tuple[Tensor, Tensor]:
        """What the classifier gets: "aligned", or "shared" as printed."""
        return (self.aligned_image, self.aligned_text) if which == "aligned" else (self.image, self.text)


class SharedHeads(nn.Module):
    """Linear projections, or the private features themselves, and cross-modal attention both ways."""

    def __init__(self, text: int, image: int, width: int, *, own_heads: bool) -> None:
        super().__init__()
        self.text = nn.Linear(text, width) if own_heads else None
        self.image = nn.Linear(image, width) if own_heads else None
        self.no_picture = nn.Parameter(torch.zeros(width)) if own_heads else None
        self.text_asks = QueryAttention(query=width, key=image, value=image, width=width)
        self.image_asks = QueryAttention(query=width, key=text, value=text, width=width)

    def forward(
        self, seen: Seen, private: Private, regions: Tensor, real: Tensor, tokens: Tensor, mask: Tensor
    ) -> Shared:
        """Regions (B, N, ·) with `real` (B, N), tokens (B, T, ·) with `mask` (B, T)."""
        text, image = private.text, private.image
        if self.text is not None and self.image is not None and self.no_picture is not None:
            text = self.text(seen.text)
            image = torch.where(seen.has_picture.unsqueeze(1), self.image(seen.image), self.no_picture)
        aligned_text, attention = self.text_asks(text, regions, regions, real)
        spoken = mask & seen.has_text.unsqueeze(1)  # the marks of an empty text's ends say nothing
        aligned_image, _ = self.image_asks(image, tokens, tokens, spoken)
        return Shared(text, image, aligned_text, aligned_image, attention)

    def stand_ins(self) -> list[nn.Parameter]:
        """What is read only where a modality is missing."""
        return [self.text_asks.nothing, self.image_asks.nothing]


def _embedded(tower: TextEncoder, ids: Tensor, mask: Tensor) -> Tensor:
    """(F + 1, ·): each sentence, and zeros at the end, which the index -1 means."""
    pooled = tower(ids, mask).pooled if len(ids) else torch.zeros(0, tower.width, device=ids.device)
    return torch.cat([pooled, pooled.new_zeros(1, tower.width)])
