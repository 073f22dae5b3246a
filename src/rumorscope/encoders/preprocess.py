"""Posts → Batch: the one way into every detector, in training and in scoring.

Shapes: **B** posts, **T** tokens, **I** pictures a post, **U** distinct pictures in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from rumorscope.data.images import image_key, read_image
from rumorscope.data.text import clean_text
from rumorscope.errors import InputError
from rumorscope.post import ImageSource, Post

MAX_TEXT_CHARACTERS = 50_000
MAX_IMAGES = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, ready for the towers."""

    key: str  # of the content: equal pictures are encoded once
    pixels: Tensor  # (3, S, S) uint8, the whole picture scaled to a square
    size: tuple[int, int]  # width and height of the upright original


@dataclass(frozen=True, slots=True)
class Sample:
    """One post, ready to be collated."""

    post: Post
    token_ids: tuple[int, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Batch:
    """Posts as tensors. Labels are NaN where unknown; `image_index` is -1 where a post has no more."""

    posts: tuple[Post, ...]
    token_ids: Tensor  # (B, T) int64
    token_mask: Tensor  # (B, T) bool, True on real tokens
    pixels: Tensor  # (U, 3, S, S) uint8
    image_index: Tensor  # (B, I) int64 into pixels; I is 0 where no post has a picture
    labels: Tensor  # (B,) float32
    image_sizes: tuple[tuple[tuple[int, int], ...], ...] = ()  # width, height a picture a post
    extras: dict[str, Tensor] = field(default_factory=dict)  # what one detector needs beside

    def __len__(self) -> int:
        return len(self.posts)

    def to(self, device: torch.device | str) -> Self:
        """The same batch with every tensor on `device`."""
        moved = {
            f.name: getattr(self, f.name).to(device, non_blocking=True)
            for f in fields(self)
            if isinstance(getattr(self, f.name), Tensor)
        }
        extras = {name: tensor.to(device, non_blocking=True) for name, tensor in self.extras.items()}
        return replace(self, **moved, extras=extras)


@dataclass(frozen=True)
class Preprocess:
    """Tokenises texts, reads pictures and collates. Holds no weights and pickles to worker processes."""

    tokenizer: PreTrainedTokenizerBase
    max_tokens: int
    image_size: int

    def __call__(self, posts: Sequence[Post]) -> Batch:
        return self.collate([self.prepare(post) for post in posts])

    def prepare(self, post: Post, read: Callable[[ImageSource, int], Picture] | None = None) -> Sample:
        """Read one post. Raises InputError where its text is too long or a picture cannot be used.

        `read` stands in for `read_picture`, for callers that keep the pictures they have read.
        """
        if len(post.text) > MAX_TEXT_CHARACTERS:
            raise InputError(
                f"post {post.id}: the text has {len(post.text)} characters, more than {MAX_TEXT_CHARACTERS}; "
                "score an excerpt"
            )
        if len(post.images) > MAX_IMAGES:
            raise InputError(
                f"post {post.id}: {len(post.images)} images, more than {MAX_IMAGES}; keep the first"
            )
        encoded = self.tokenizer(clean_text(post.text), truncation=True, max_length=self.max_tokens)
        pictures = tuple((read or read_picture)(source, self.image_size) for source in post.images)
        return Sample(post, tuple(encoded["input_ids"]), pictures)

    def texts(self, tower: str, post: Post) -> Sequence[str]:
        """What the tower of that name reads of a post, so that a frozen one can read it ahead."""
        return [clean_text(post.text)]

    def collate(self, samples: Sequence[Sample]) -> Batch:
        """Pad the texts and gather the distinct pictures of the samples."""
        posts = tuple(sample.post for sample in samples)
        token_ids, token_mask = pad(
            [sample.token_ids for sample in samples], self.tokenizer.pad_token_id or 0
        )
        pixels, image_index = self._distinct([sample.pictures for sample in samples])
        labels = [float("nan") if post.label is None else float(post.label) for post in posts]
        sizes = tuple(tuple(picture.size for picture in sample.pictures) for sample in samples)
        return Batch(posts, token_ids, token_mask, pixels, image_index, torch.tensor(labels), sizes)

    def _distinct(self, posts: Sequence[tuple[Picture, ...]]) -> tuple[Tensor, Tensor]:
        distinct = {picture.key: picture for pictures in posts for picture in pictures}
        position = {key: index for index, key in enumerate(distinct)}
        most = max(map(len, posts), default=0)
        image_index = torch.full((len(posts), most), -1)
        for row, pictures in enumerate(posts):
            for column, picture in enumerate(pictures):
                image_index[row, column] = position[picture.key]
        if not distinct:
            return torch.zeros(0, 3, self.image_size, self.image_size, dtype=torch.uint8), image_index
        return torch.stack([picture.pixels for picture in distinct.values()]), image_index


def pad(texts: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Token ids of some texts → (B, T) with `padding` at the ends, and the mask (B, T) of what is real."""
    longest = max(map(len, texts), default=0)
    token_ids = torch.full((len(texts), longest), padding)
    token_mask = torch.zeros(len(texts), longest, dtype=torch.bool)
    for row, ids in enumerate(texts):
        token_ids[row, : len(ids)] = torch.tensor(ids, dtype=torch.int64)
        token_mask[row, : len(ids)] = True
    return token_ids, token_mask


def read_picture(source: ImageSource, size: int) -> Picture:
    """Read one picture and scale the whole of it to `size` x `size` pixels. Raises InputError.

    The last pictures read from files are kept, since in training the same ones come by every epoch; a file
    that changes is read again. Nobody may write into their pixels.
    """
    if isinstance(source, bytes):
        return _read(source, size)
    try:
        status = source.stat()
    except OSError:
        return _read(source, size)  # which says what is wrong with it
    return _read_file(source, status.st_size, status.st_mtime_ns, size)


@lru_cache(maxsize=512)  # 57 MB at 192 x 192 pixels
def _read_file(path: Path, file_bytes: int, modified: int, size: int) -> Picture:
    return _read(path, size)


def _read(source: ImageSource, size: int) -> Picture:
    image = read_image(source)
    scaled = image.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    pixels = torch.from_numpy(np.asarray(scaled).copy()).permute(2, 0, 1).contiguous()
    return Picture(image_key(source), pixels, image.size)
