"""Picture look-up: what the training posts with the same picture were. No model at all.

It beats the majority class only where pictures leak from training to test posts. Pictures are the same when
their files are, byte for byte.

Shapes: **B** posts, **I** pictures a post, **U** distinct pictures of the batch, **P** those of the training
posts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors._fitted import Fitted, Integers, labels_of, log_odds
from rumorscope.detectors._interface import Output
from rumorscope.detectors._reading import KEYS, picture_keys
from rumorscope.encoders.architecture import Modality
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import CheckpointError


class LookupConfig(Settings):
    """Nothing to set."""


class Lookup(Fitted):
    """The share of rumors among training posts that show the post's pictures, or among all if none does."""

    Config = LookupConfig
    paper = "Picture look-up: the share of rumors among training posts that show the same picture"
    idea = "A picture means what it meant in the training posts; there is no model."
    learnt = ("keys", "shown", "rumors")
    keys: Tensor  # (P,) int64, ascending
    shown: Tensor  # (P,) int64, how many training posts show it
    rumors: Tensor  # (P,) int64, how many of these are rumors
    share: Tensor  # () of rumors among all training posts

    def __init__(self, config: LookupConfig, towers: Any = None) -> None:
        super().__init__(config, towers)
        self.preprocess = picture_keys()
        for name in self.learnt:
            self.register_buffer(name, torch.zeros(0, dtype=torch.int64))
        self.register_buffer("share", torch.tensor(0.5, dtype=torch.float64))
        self.register_load_state_dict_post_hook(_check)  # type: ignore[no-untyped-call]  # torch leaves it so

    @property
    def reads(self) -> frozenset[Modality]:
        return frozenset({"image"})

    def forward(self, batch: Batch) -> Output:
        shown, rumors = (self._of_posts(counts, batch) for counts in (self.shown, self.rumors))  # (B,)
        share = torch.where(shown > 0, rumors / shown.clamp(min=1), self.share)
        logits = log_odds(share).float()
        return Output(logits, features=logits.unsqueeze(1))

    def fit(self, batches: Iterable[Batch]) -> None:
        shown, rumors, labels = Counter[int](), Counter[int](), list[Integers]()
        for batch in batches:
            labels.append(labels_of(batch))
            keys = [*batch.extras[KEYS].tolist(), None]  # -1, no more pictures, takes the last
            for row, label in zip(batch.image_index.tolist(), labels[-1].tolist(), strict=True):
                for key in {keys[index] for index in row} - {None}:
                    shown[key] += 1
                    rumors[key] += label
        order, device = sorted(shown), self.share.device
        self.keys = torch.tensor(order, dtype=torch.int64, device=device)
        self.shown = torch.tensor([shown[key] for key in order], dtype=torch.int64, device=device)
        self.rumors = torch.tensor([rumors[key] for key in order], dtype=torch.int64, device=device)
        self.share.fill_(float(np.concatenate(labels).mean()))

    def _of_posts(self, counts: Tensor, batch: Batch) -> Tensor:
        """(P,) counts → (B,) their sum over the pictures of each post; unknown pictures count nothing."""
        wanted = batch.extras[KEYS]  # (U,)
        none = counts.new_zeros(1)
        position = torch.searchsorted(self.keys, wanted)  # P where greater than all
        known = torch.cat([self.keys, none])[position] == wanted
        found = torch.where(known & (position < len(self.keys)), torch.cat([counts, none])[position], 0)
        return torch.cat([found, none])[batch.image_index].sum(dim=1)


def _check(lookup: Lookup, _: object) -> None:
    pictures, shown, rumors = len(lookup.keys), len(lookup.shown), len(lookup.rumors)
    if not pictures == shown == rumors or (lookup.keys[1:] <= lookup.keys[:-1]).any():
        raise CheckpointError(
            f"the look-up has {pictures} keys, which should ascend, and counts of {shown} and {rumors} "
            "pictures; the file is damaged"
        )
