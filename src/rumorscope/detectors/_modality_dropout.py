"""Hide the text or the pictures of some posts in training.

So a detector learns to judge by what is left, and the answers to "what without the text?" and "what without
the picture?" are no guesses about inputs that it has never seen.

Shapes: **B** posts, **T** tokens, **I** pictures a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from rumorscope.encoders.preprocess import Batch


def hide_modalities(batch: Batch, probability: float, empty_text: Sequence[int]) -> Batch:
    """Hide each post's text with `probability`, else its pictures with the same (0 to 0.5).

    Only labelled posts lose anything: caption pairs of a contrastive stage stay whole. A post without
    pictures keeps its text. `empty_text` holds the token ids of "", which a hidden text becomes.
    """
    if probability == 0 or batch.image_index.shape[1] == 0:
        return batch
    draw = torch.rand(len(batch), device=batch.labels.device)
    may_lose = ~batch.labels.isnan() & (batch.image_index >= 0).any(dim=1)
    hide_text = (may_lose & (draw < probability)).unsqueeze(1)
    hide_images = (may_lose & (draw >= 1 - probability)).unsqueeze(1)
    length = batch.token_ids.shape[1]
    empty_ids = torch.zeros_like(batch.token_ids[0])
    empty_ids[: len(empty_text)] = batch.token_ids.new_tensor(empty_text[:length])
    empty_mask = torch.arange(length, device=empty_ids.device) < len(empty_text)
    return replace(
        batch,
        token_ids=torch.where(hide_text, empty_ids, batch.token_ids),
        token_mask=torch.where(hide_text, empty_mask, batch.token_mask),
        image_index=batch.image_index.masked_fill(hide_images, -1),
    )
