"""A detector small enough to follow by hand: its logit is a weighted sum of a text's and a picture's mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Output, Stage
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.post import Evidence, Post, Region, RelevanceMap
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.checkpoint import Calibration

WORDS = ("[PAD]", "[UNK]", "the", "sea", "rose", "up", "a", "cat", "sat")
SIDE = 8


def toy_preprocess() -> Preprocess:
    vocabulary = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, "[UNK]"))
    vocabulary.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=vocabulary, unk_token="[UNK]", pad_token="[PAD]")
    return Preprocess(tokenizer, max_tokens=6, image_size=SIDE)


class ToyDetector(Detector):
    """logit = mean token id / 4 - mean brightness of the post's pictures (0 to 1)."""

    Config = Settings
    paper = "none"

    def __init__(self, config: Any = None, towers: Any = None) -> None:
        super().__init__(config, towers)
        self.preprocess = toy_preprocess()

    def forward(self, batch: Batch) -> Output:
        words = _masked_mean(batch.token_ids.float(), batch.token_mask) / 4
        bright = batch.pixels.float().mean(dim=(1, 2, 3)) / 255  # (U,)
        shown = batch.image_index >= 0  # (B, I)
        light = torch.cat([bright, torch.zeros(1)])[batch.image_index]  # -1 takes the zero
        logits = words - _masked_mean(light, shown)
        return Output(logits, logits[:, None])

    def stages(self) -> Sequence[Stage]:
        return []

    def evidence(self, batch: Batch, output: Output) -> list[Evidence]:
        """The left half of every picture as its one region."""
        found = []
        for sizes in batch.image_sizes:
            regions = tuple(
                Region(image, (0, 0, width // 2, height), 4, 0.25, 1 / len(sizes))
                for image, (width, height) in enumerate(sizes)
            )
            maps = tuple(RelevanceMap(image, 4, ((0.25, -0.5), (0.0, 1.0))) for image in range(len(sizes)))
            found.append(Evidence(regions, maps))
        return found


def _masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def toy_scorer(calibration: Calibration | None = None, checkpoint: str = "0123456789abcdef") -> Scorer:
    return Scorer(ToyDetector(), calibration or Calibration(), name="toy", checkpoint=checkpoint)


def picture(
    path: Path, color: tuple[int, int, int] = (255, 255, 255), size: tuple[int, int] = (16, 16)
) -> Path:
    Image.new("RGB", size, color).save(path)
    return path


def text_posts(count: int) -> list[Post]:
    """Posts of one to five words, no two neighbours alike."""
    words = WORDS[2:]
    texts = [" ".join(words[(n * 3 + k) % len(words)] for k in range(n % 5 + 1)) for n in range(count)]
    return [Post(str(n), text) for n, text in enumerate(texts)]
