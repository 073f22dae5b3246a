"""A text tower of `transformers` with its tokenizer: tokens of a text, and one summary of it.

The summary is what the tower was trained to sum a text up in: the last token's state in CLIP (arXiv
2103.00020, section 2.4), the first token's in Chinese-CLIP (arXiv 2211.01335). BERT and its kin were trained
for no such thing; there it is the mean over the real tokens (arXiv 1908.10084).

Shapes: **B** posts, **T** tokens, **D** width.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from rumorscope.encoders._interface import TextEncoder, TextFeatures
from rumorscope.encoders.architecture import Architecture
from rumorscope.errors import InputError


class TextArchitecture(Architecture):
    """What a text encoder needs beside its tower's configuration."""

    max_tokens: int
    layer_groups: int = 1


class PretrainedTextEncoder(TextEncoder):
    """Any encoder of `transformers` that reads token ids, without its pooler."""

    def __init__(self, tower: Any, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> None:
        super().__init__()
        positions = _positions(tower, tokenizer)
        if positions is not None and max_tokens > positions:
            raise InputError(
                f"max_tokens={max_tokens} is more than the {positions} positions of the text tower "
                f"({tower.config.model_type}); use {positions} or fewer"
            )
        self.tower = tower
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.layer_groups = 1
        self.width = int(tower.config.hidden_size)
        self._summarise = _SUMMARIES.get(tower.config.model_type, mean_of_tokens)

    def forward(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        """(B, T) ids and mask → (B, T, D) tokens and (B, D) pooled.

        The tokens are those after the tower's last norm; levels, those that its layers hand on.
        """
        grouped = self.layer_groups > 1
        output = self.tower(
            input_ids=token_ids, attention_mask=token_mask.long(), output_hidden_states=grouped
        )
        tokens = output.last_hidden_state
        if grouped:
            tokens = torch.cat(levels(output.hidden_states[1:], self.layer_groups), dim=2)
        return TextFeatures(tokens, self._summarise(tokens, token_mask))

    def group_layers(self, groups: int) -> None:
        """Twelve layers in three groups give the means of four each; see the interface."""
        self.layer_groups = groups
        self.width = groups * int(self.tower.config.hidden_size)

    def save_architecture(self, folder: Path) -> None:
        """Write config.json, rumorscope.json and the tokenizer's files."""
        record = TextArchitecture(max_tokens=self.max_tokens, layer_groups=self.layer_groups)
        record.save(folder, self.tower)
        self.tokenizer.save_pretrained(folder)


def levels(layers: Sequence[Tensor], groups: int) -> list[Tensor]:
    """The means of consecutive layers, as even as can be; neighbours share one where they do not divide."""
    count = len(layers)
    spans = [(group * count // groups, -(-(group + 1) * count // groups)) for group in range(groups)]
    return [torch.stack(list(layers[start:end])).mean(dim=0) for start, end in spans]


def mean_of_tokens(tokens: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) → (B, D): the mean over the real tokens, those that mark start and end included."""
    weights = mask.unsqueeze(-1).to(tokens.dtype)  # (B, T, 1)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def first_token(tokens: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) → (B, D): the state of [CLS]."""
    return tokens[:, 0]


def last_token(tokens: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) → (B, D): the state of the last real token, which ends the text, cut or not."""
    last = (mask.sum(dim=1) - 1).clamp(min=0)  # (B,)
    return tokens[torch.arange(tokens.shape[0], device=tokens.device), last]


_SUMMARIES = {"clip_text_model": last_token, "chinese_clip_text_model": first_token}


def _positions(tower: Any, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """How many tokens the tower can number; None where it needs no numbers."""
    positions = getattr(tower.config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions <= 0:
        return None
    # RoBERTa's kin number their tokens from behind the index of padding; the others keep no such index.
    padding = getattr(getattr(tower, "embeddings", None), "padding_idx", None)
    usable = positions if padding is None else positions - padding - 1
    return min(usable, int(tokenizer.model_max_length))
