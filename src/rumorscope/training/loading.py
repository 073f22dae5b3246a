"""Posts → batches for the loop, with each picture read and scaled once.

Shapes: see `rumorscope.encoders.preprocess`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from torch.utils.data import DataLoader, Dataset

from rumorscope.data.images import image_key
from rumorscope.encoders.preprocess import Batch, Picture, Preprocess, Sample, read_picture
from rumorscope.errors import InputError
from rumorscope.post import ImageSource, Post

PICTURE_CACHE_BYTES = 2**28
"""How many bytes of scaled pictures each reading process keeps."""


class Loader:
    """Reads posts for one detector, ahead of it where there are `workers`."""

    def __init__(self, preprocess: Preprocess, workers: int) -> None:
        self._preprocess, self._workers = preprocess, workers
        self._read = _PictureCache(PICTURE_CACHE_BYTES // (3 * preprocess.image_size**2))
        self._prepare: Callable[[Post], Sample] = partial(preprocess.prepare, read=self._read)

    def batches(self, posts: Sequence[Post], batches: Sequence[Sequence[int]]) -> Iterator[Batch]:
        """The batches in order. Raises InputError for a post that cannot be used."""
        dataset = _Batches(posts, batches, self._prepare, self._preprocess.collate)
        for batch in DataLoader(dataset, batch_size=None, num_workers=self._workers):
            if isinstance(batch, InputError):
                raise batch
            yield batch

    def texts(self, tower: str, posts: Sequence[Post]) -> list[str]:
        """The distinct texts that the tower of that name reads of the posts."""
        return list(dict.fromkeys(text for post in posts for text in self._preprocess.texts(tower, post)))

    def picture(self, post: Post, source: ImageSource, size: int) -> Picture:
        """One picture of a post. Raises InputError where it cannot be read."""
        try:
            return self._read(source, size)
        except InputError as error:
            raise _of_post(post, error) from error

    def picture_key(self, post: Post, source: ImageSource) -> str:
        """The key of a picture's content. Raises InputError where it cannot be read."""
        try:
            return image_key(source)
        except InputError as error:
            raise _of_post(post, error) from error

    def without_reading(self, pictures: Mapping[ImageSource, Picture]) -> Loader:
        """A loader of posts that show none but these pictures: it reads no file, and prepares a post once."""
        loader = copy(self)
        loader._workers = 0  # there is nothing to do ahead
        loader._prepare = cache(partial(self._preprocess.prepare, read=lambda source, size: pictures[source]))
        return loader


@dataclass
class _Batches(Dataset[Batch | InputError]):
    """Each item is a whole batch, or the error of a bad post: raised in a worker it would lose its words."""

    posts: Sequence[Post]
    batches: Sequence[Sequence[int]]
    prepare: Callable[[Post], Sample]
    collate: Callable[[Sequence[Sample]], Batch]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch | InputError:
        samples = []
        for position in self.batches[index]:
            post = self.posts[position]
            try:
                samples.append(self.prepare(post))
            except InputError as error:
                return _of_post(post, error)
        return self.collate(samples)


class _PictureCache:
    def __init__(self, pictures: int) -> None:
        self._pictures = pictures
        self._read = lru_cache(maxsize=pictures)(read_picture)

    def __call__(self, source: ImageSource, size: int) -> Picture:
        return self._read(source, size)

    def __reduce__(self) -> tuple[Any, ...]:
        return _PictureCache, (self._pictures,)  # a worker that is not forked begins with an empty one


def _of_post(post: Post, error: InputError) -> InputError:
    return InputError(f"{error} (post {post.id}; `rumorscope data check` finds all such posts)")
