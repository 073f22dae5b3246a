"""How KECL reads a post: beside text and pictures its claims, and what a forgery set knows of its picture.

Shapes: **B** posts, **F** distinct sentences (claims and known triples), **T** tokens of one, **C** claims a
post, **N** known triples a claim, **S** cells of a side of the mask's grid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from rumorscope.data.images import read_image
from rumorscope.encoders.preprocess import Batch, Picture, Preprocess, Sample, pad
from rumorscope.errors import InputError
from rumorscope.knowledge.checking import CheckedClaim, CheckedText, ClaimChecker
from rumorscope.post import ImageSource, Post, Triple

SENTENCES, SENTENCE_MASK = "sentences", "sentence_mask"  # (F, T) int64 and bool
CLAIMS, KNOWN = "claims", "known"  # (B, C) and (B, C, N) int64 into the sentences, -1 for no more
TAMPERED = "tampered"  # (B,) 1 and 0, NaN where nobody knows
MASKS = "masks"  # (B, S²) share of each cell that was altered, NaN where nobody knows


@dataclass(frozen=True, slots=True)
class KeclSample(Sample):
    """A post with its claims checked, and the mask of its forgery."""

    claims: tuple[CheckedClaim, ...] = ()
    mask: Tensor | None = None  # (S²,)


@dataclass(frozen=True)
class KeclPreprocess(Preprocess):
    """Reads claims through `checker`, if there is one, and tokenises them for the tower of the claims."""

    checker: ClaimChecker | None = None
    claim_tokenizer: PreTrainedTokenizerBase | None = None
    claim_tokens: int = 32
    mask_side: int = 7

    def prepare(self, post: Post, read: Callable[[ImageSource, int], Picture] | None = None) -> KeclSample:
        sample = super().prepare(post, read)
        own = {field.name: getattr(sample, field.name) for field in fields(Sample)}
        return KeclSample(**own, claims=self.checked(post).claims, mask=self._mask(post))

    def checked(self, post: Post) -> CheckedText:
        """The post's claims; the same again at no cost."""
        return self.checker(post.text, post.language) if self.checker else CheckedText(())

    def texts(self, tower: str, post: Post) -> Sequence[str]:
        """The tower of the claims reads sentences made of triples; the other one, the text."""
        if tower != "claim_text":
            return super().texts(tower, post)
        return [as_sentence(triple) for claim in self.checked(post).claims for triple in _triples(claim)]

    def collate(self, samples: Sequence[Sample]) -> Batch:
        posts = [sample for sample in samples if isinstance(sample, KeclSample)]
        sentences = {
            as_sentence(triple): None for post in posts for claim in post.claims for triple in _triples(claim)
        }
        place = {sentence: index for index, sentence in enumerate(sentences)}
        ids, mask = self._tokenised(list(sentences))
        known = [[[place[as_sentence(t)] for t in claim.known] for claim in post.claims] for post in posts]
        extras = {
            SENTENCES: ids,
            SENTENCE_MASK: mask,
            CLAIMS: _padded([[place[as_sentence(claim.triple)] for claim in post.claims] for post in posts]),
            KNOWN: _padded_twice(known),
            TAMPERED: torch.tensor([_tampered(post.post) for post in posts]),
            MASKS: torch.stack([self._no_mask() if post.mask is None else post.mask for post in posts])
            if posts
            else torch.zeros(0, self.mask_side**2),
        }
        batch = super().collate(samples)
        return replace(batch, extras={**batch.extras, **extras})

    def _tokenised(self, sentences: Sequence[str]) -> tuple[Tensor, Tensor]:
        if not sentences or self.claim_tokenizer is None:
            return torch.zeros(0, 0, dtype=torch.int64), torch.zeros(0, 0, dtype=torch.bool)
        encoded = self.claim_tokenizer(list(sentences), truncation=True, max_length=self.claim_tokens)
        return pad(encoded["input_ids"], self.claim_tokenizer.pad_token_id or 0)

    def _mask(self, post: Post) -> Tensor | None:
        known = post.manipulation
        if known is None:
            return None
        if known.mask is None:
            return self._no_mask() if known.tampered else torch.zeros(self.mask_side**2)
        return _cells(known.mask, self.mask_side)

    def _no_mask(self) -> Tensor:
        return torch.full((self.mask_side**2,), torch.nan)


def as_sentence(triple: Triple) -> str:
    """A triple as words: (dog, CapableOf, bark) → "dog capable of bark"."""
    relation = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", triple.relation).lower().replace("_", " ")
    return f"{triple.head} {relation} {triple.tail}"


def _triples(claim: CheckedClaim) -> tuple[Triple, ...]:
    return claim.triple, *claim.known


def _tampered(post: Post) -> float:
    return float("nan") if post.manipulation is None else float(post.manipulation.tampered)


@lru_cache(maxsize=4096)
def _cells(mask: ImageSource, side: int) -> Tensor:
    """(S²,) the share of each cell of the grid that the mask marks. Raises InputError."""
    try:
        scaled = read_image(mask).convert("L").resize((side, side), Image.Resampling.BOX)
    except InputError as error:
        raise InputError(f"the mask cannot be used: {error}") from error
    return torch.from_numpy(np.asarray(scaled, dtype=np.float32) / 255).flatten()


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """(B, C), -1 where a row has no more."""
    padded = torch.full((len(rows), max(map(len, rows), default=0)), -1)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return padded


def _padded_twice(rows: Sequence[Sequence[Sequence[int]]]) -> Tensor:
    """(B, C, N), -1 where there is no more."""
    claims = max(map(len, rows), default=0)
    known = max((len(claim) for row in rows for claim in row), default=0)
    padded = torch.full((len(rows), claims, known), -1)
    for index, row in enumerate(rows):
        for number, claim in enumerate(row):
            padded[index, number, : len(claim)] = torch.tensor(claim, dtype=torch.int64)
    return padded
