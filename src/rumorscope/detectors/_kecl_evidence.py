"""KECL's answer → evidence: claims beside what is known, manipulation maps, and what a post lacks.

Shapes: **B** posts, **C** claims a post, **U** distinct pictures, **F** places of one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rumorscope.detectors._forgery_head import ForgeryHead
from rumorscope.detectors._kecl_parts import CheckedClaims
from rumorscope.detectors._kecl_reading import KeclPreprocess
from rumorscope.encoders.preprocess import Batch
from rumorscope.forensics.finding import as_maps
from rumorscope.post import Claim, ManipulationMap, Post


def claims_of(
    batch: Batch, found: CheckedClaims | None, weights: Tensor, preprocess: KeclPreprocess
) -> list[tuple[Claim, ...]]:
    """Each post's claims, heaviest first; those of which nothing is known come last."""
    if found is None:
        return [() for _ in batch.posts]
    distances, nearest = torch.linalg.vector_norm(found.deviation, dim=-1).tolist(), found.nearest.tolist()
    linked, shares = found.linked.tolist(), weights.tolist()
    claims = []
    for row, post in enumerate(batch.posts):
        of_post = [
            Claim(
                claim.triple,
                claim.known[nearest[row][number]] if linked[row][number] else None,
                distances[row][number] if linked[row][number] else None,
                shares[row][number],
            )
            for number, claim in enumerate(preprocess.checked(post).claims)
        ]
        claims.append(tuple(sorted(of_post, key=lambda claim: -claim.weight)))
    return claims


def manipulation_of(
    batch: Batch, whole: Tensor, places: Tensor, head: ForgeryHead
) -> list[tuple[ManipulationMap, ...]]:
    """Each post's maps; none where no forgery has been learnt from."""
    if not head.is_trained:
        return [() for _ in batch.posts]
    return as_maps(whole, head.as_grid(places), batch.image_index)


def missing_of(post: Post, preprocess: KeclPreprocess) -> tuple[str, ...]:
    """What the check of claims could not be given."""
    checked = preprocess.checked(post)
    if not post.text.strip():
        return ()
    if checked.failure is not None:
        return (f"claims: they could not be extracted ({checked.failure})",)
    if not checked.claims:
        return ("claims: none was found in the text",)
    if not any(claim.known for claim in checked.claims):
        return (f"knowledge: nothing is known of any of its {len(checked.claims)} claims",)
    return ()
