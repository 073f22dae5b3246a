"""Posts → batches for the loop, with each picture read and scaled once.

Shapes: see `rumorscope.encoders.preprocess`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from torch.utils.data import DataLoader, Dataset

from rumorscope.encoders.preprocess import Batch, Picture, Preprocess, read_picture
from rumorscope.errors import InputError
from rumorscope.post import ImageSource, Post

PICTURE_CACHE_BYTES = 2**28
"""How many bytes of scaled pictures each reading process keeps."""


@dataclass
class _Batches(Dataset[Batch | InputError]):
    """Each item is a whole batch, or the error of a bad post: raised in a worker it would lose its words."""

    posts: Sequence[Post]
    preprocess: Preprocess
    batches: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch | InputError:
        samples = []
        for position in self.batches[index]:
            post = self.posts[position]
            try:
                samples.append(self.preprocess.prepare(post, read=self._read))
            except InputError as error:
                return InputError(f"{error} (post {post.id}; `rumorscope data check` finds all such posts)")
        return self.preprocess.collate(samples)

    @cached_property
    def _read(self) -> Callable[[ImageSource, int], Picture]:
        kept = PICTURE_CACHE_BYTES // (3 * self.preprocess.image_size**2)
        return lru_cache(maxsize=kept)(read_picture)


def load(
    posts: Sequence[Post], preprocess: Preprocess, batches: Sequence[Sequence[int]], workers: int
) -> Iterator[Batch]:
    """The batches in order, read ahead by `workers` processes. Raises InputError for a post of no use."""
    loader = DataLoader(_Batches(posts, preprocess, batches), batch_size=None, num_workers=workers)
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch
