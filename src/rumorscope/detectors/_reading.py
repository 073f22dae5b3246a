"""How detectors without a tower read a post: characters for tokens, and pictures not at all or by their key.

Shapes: **U** distinct pictures of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch

from rumorscope.data.images import image_key
from rumorscope.encoders.preprocess import MAX_TEXT_CHARACTERS, Batch, Picture, Preprocess, Sample
from rumorscope.post import ImageSource, Post

KEYS = "picture_keys"
"""The batch's extra that holds a number for the content of each distinct picture: (U,) int64."""


class Characters:
    """A tokenizer whose tokens are the code points of the cleaned text, so that a batch holds the text."""

    pad_token_id = 0

    def __call__(self, text: str, *, truncation: bool, max_length: int) -> dict[str, list[int]]:
        return {"input_ids": [ord(character) for character in (text[:max_length] if truncation else text)]}


def texts_of(batch: Batch) -> list[str]:
    """The texts that `Characters` has taken apart."""
    rows = zip(batch.token_ids.tolist(), batch.token_mask.sum(dim=1).tolist(), strict=True)
    return ["".join(map(chr, ids[:length])) for ids, length in rows]


def character_preprocess(image_size: int) -> Preprocess:
    """Reads texts as characters, and pictures as ever."""
    return Preprocess(Characters(), MAX_TEXT_CHARACTERS, image_size)


@dataclass(frozen=True)
class TextOnly(Preprocess):
    """Opens no picture."""

    def prepare(self, post: Post, read: Callable[[ImageSource, int], Picture] | None = None) -> Sample:
        return replace(super().prepare(replace(post, images=()), read), post=post)


@dataclass(frozen=True)
class PictureKeys(Preprocess):
    """Tells pictures apart by the key of their content, and decodes none."""

    def prepare(self, post: Post, read: Callable[[ImageSource, int], Picture] | None = None) -> Sample:
        return super().prepare(post, lambda source, size: Picture(_key(source), _NO_PIXELS, (0, 0)))

    def collate(self, samples: Sequence[Sample]) -> Batch:
        distinct = dict.fromkeys(picture.key for sample in samples for picture in sample.pictures)
        numbers = torch.tensor(
            [_number(key) for key in distinct], dtype=torch.int64
        )  # as `pixels` are ordered
        return replace(super().collate(samples), extras={KEYS: numbers})


def text_only() -> TextOnly:
    """Reads texts as characters."""
    return TextOnly(Characters(), MAX_TEXT_CHARACTERS, image_size=1)


def picture_keys() -> PictureKeys:
    """Reads texts as characters, and pictures by their key."""
    return PictureKeys(Characters(), MAX_TEXT_CHARACTERS, image_size=1)


_NO_PIXELS = torch.zeros(3, 1, 1, dtype=torch.uint8)


def _key(source: ImageSource) -> str:
    if isinstance(source, bytes):
        return image_key(source)
    try:
        status = source.stat()
    except OSError:
        return image_key(source)  # which says what is wrong with it
    return _file_key(source, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _file_key(path: Path, file_bytes: int, modified: int) -> str:
    """Many posts show one picture; a file that changes is read again."""
    return image_key(path)


def _number(key: str) -> int:
    return int(key[:16], 16) - 2**63
