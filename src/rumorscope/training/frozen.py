"""Frozen towers answer from what they once said: posts share pictures, epochs and runs share posts.

Each picture and each text is encoded by itself, so that its features depend on nothing else: whether they are
computed or come out of the cache, and in what order, is no difference of a single bit.

Shapes: **B** posts, **T** tokens, **U** distinct pictures of a batch, **L** regions or tokens of an item.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, TextEncoder, TextFeatures
from rumorscope.encoders.preprocess import Picture
from rumorscope.post import ImageSource, Post
from rumorscope.training.feature_cache import FeatureCache, Features
from rumorscope.training.freezing import is_frozen
from rumorscope.training.loading import Loader
from rumorscope.training.objective import Precision, autocast, device_of
from rumorscope.training.sampling import in_batches

FEATURE_BYTES = 2**33
"""How much disk one tower's features of a stage's posts may take. They are mapped: memory may be less."""

FILE_BYTES = 2**26
"""How much is computed before it is written, which is the most that a run loses when it is killed."""

TELL_EVERY = 32

Tell = Callable[[str, int, int], None]
"""Is told a tower's name, how many pictures or texts it has encoded, and of how many."""


@contextmanager
def remembered_features(
    detector: nn.Module, posts: Sequence[Post], loader: Loader, precision: Precision, tell: Tell
) -> Iterator[Loader]:
    """Let every frozen tower answer from its features of `posts`, out of the cache or computed once.

    Yields the loader to read with meanwhile: where no image tower has to see a picture, it reads none, and
    `Batch.pixels` numbers the pictures instead. A tower that learns, or whose features would take too much
    disk, is left as it is. Raises InputError where a picture cannot be read, or the cache not be written.
    """
    seeing = [module for module in detector.modules() if isinstance(module, ImageEncoder)]
    pictures = _Pictures(posts if seeing else [], loader)
    pictures.numbered = bool(seeing) and all(pictures.can_be_kept(tower) for tower in seeing)
    with _answering(detector, posts, loader, pictures, precision, tell):
        yield loader.without_reading(pictures.stand_ins()) if pictures.numbered else loader


@contextmanager
def known_features(detector: nn.Module, posts: Sequence[Post], loader: Loader) -> Iterator[None]:
    """The same in full precision for another way of reading: pictures are known by their pixels."""
    seeing = any(isinstance(module, ImageEncoder) for module in detector.modules())
    with _answering(detector, posts, loader, _Pictures(posts if seeing else [], loader), "no", _silent):
        yield


@contextmanager
def _answering(
    detector: nn.Module,
    posts: Sequence[Post],
    loader: Loader,
    pictures: _Pictures,
    precision: Precision,
    tell: Tell,
) -> Iterator[None]:
    with ExitStack() as undo:
        for name, tower in detector.named_children():
            texts = partial(loader.texts, name, posts)
            remembered = _remember(tower, texts, pictures, precision, partial(tell, name))
            if remembered is not None:
                tower.__dict__["forward"] = remembered  # shadows the method
                undo.callback(tower.__dict__.pop, "forward")
        yield


def _silent(tower: str, done: int, total: int) -> None:
    pass


class _Pictures:
    """The distinct pictures of some posts, and what shows each to the towers: its pixels, or its number."""

    numbered = False

    def __init__(self, posts: Sequence[Post], loader: Loader) -> None:
        self._loader = loader
        self._posts = {source: post for post in posts for source in post.images}
        self._keys = {source: loader.picture_key(post, source) for source, post in self._posts.items()}
        self._sources = {key: source for source, key in self._keys.items()}
        self._numbers = {key: torch.tensor([number]) for number, key in enumerate(self._sources)}
        self.keys = list(self._sources)

    def can_be_kept(self, tower: ImageEncoder) -> bool:
        """Whether the tower's features of all of them can be remembered."""
        return is_frozen(tower) and len(self.keys) * _bytes(tower, len(tower.grid.scales)) <= FEATURE_BYTES

    def pixels(self, key: str, size: int) -> Tensor:
        """(3, size, size) uint8. Raises InputError where the picture cannot be read."""
        source = self._sources[key]
        return self._loader.picture(self._posts[source], source, size).pixels

    def shown(self, key: str, size: int) -> Tensor:
        """What stands for the picture in `Batch.pixels`."""
        return self._numbers[key] if self.numbered else self.pixels(key, size)

    def stand_ins(self) -> dict[ImageSource, Picture]:
        """Each picture with its number in place of its pixels."""
        return {s: Picture(key, self._numbers[key], size=(0, 0)) for s, key in self._keys.items()}


class _Remembered:
    """Features by what is shown to the tower; what was not foreseen is encoded when it comes."""

    def __init__(self, forward: Callable[..., Any], encode: Callable[[Tensor], Features]) -> None:
        self._forward, self._encode = forward, encode
        self._known: dict[bytes, Features] = {}

    def keep(self, shown: Tensor, features: Features) -> None:
        self._known[_content(shown)] = features

    def _of(self, shown: Tensor) -> Features:
        key = _content(shown)
        if key not in self._known:
            self._known[key] = self._encode(shown)
        return self._known[key]


class _RememberedPictures(_Remembered):
    def __call__(self, pixels: Tensor) -> ImageFeatures:
        if len(pixels) == 0:
            return self._forward(pixels)  # type: ignore[no-any-return]  # the tower's own
        found = [self._of(picture) for picture in pixels.cpu()]
        return ImageFeatures(*(torch.stack(parts).to(pixels.device) for parts in zip(*found, strict=True)))


class _RememberedTexts(_Remembered):
    def __call__(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        if token_ids.numel() == 0:
            return self._forward(token_ids, token_mask)  # type: ignore[no-any-return]  # the tower's own
        found = [self._of(shown) for shown in _shown_tokens(token_ids, token_mask)]
        tokens = nn.utils.rnn.pad_sequence([each.vectors for each in found], batch_first=True)
        tokens = nn.functional.pad(tokens, (0, 0, 0, token_ids.shape[1] - tokens.shape[1]))  # (B, T, D)
        pooled = torch.stack([each.pooled for each in found])  # (B, D)
        return TextFeatures(tokens.to(token_ids.device), pooled.to(token_ids.device))


def _remember(
    tower: nn.Module,
    texts: Callable[[], list[str]],
    pictures: _Pictures,
    precision: Precision,
    tell: Callable[[int, int], None],
) -> _Remembered | None:
    if isinstance(tower, ImageEncoder) and pictures.can_be_kept(tower):
        with autocast(precision, device_of(tower)):
            return _remember_pictures(tower, pictures, precision, tell)
    if isinstance(tower, TextEncoder) and is_frozen(tower):
        with autocast(precision, device_of(tower)):
            return _remember_texts(tower, texts(), precision, tell)
    return None


def _remember_pictures(
    tower: ImageEncoder, pictures: _Pictures, precision: Precision, tell: Callable[[int, int], None]
) -> _RememberedPictures:
    forward, device, size = tower.forward, device_of(tower), tower.image_size

    @torch.no_grad()
    def encode(pixels: Tensor) -> Features:
        regions, pooled = forward(pixels[None].to(device))
        return Features(regions[0].cpu(), pooled[0].cpu())

    def read_and_encode(key: str) -> Features:
        return encode(pictures.pixels(key, size))

    features = _features(
        FeatureCache(tower, precision),
        {bytes.fromhex(key): partial(read_and_encode, key) for key in pictures.keys},
        total_bytes=len(pictures.keys) * _bytes(tower, len(tower.grid.scales)),
        tell=tell,
    )
    remembered = _RememberedPictures(forward, encode)
    for key in pictures.keys:
        remembered.keep(pictures.shown(key, size), features[bytes.fromhex(key)])
    return remembered


def _remember_texts(
    tower: TextEncoder, texts: Sequence[str], precision: Precision, tell: Callable[[int, int], None]
) -> _RememberedTexts | None:
    forward, device = tower.forward, device_of(tower)

    @torch.no_grad()
    def encode(shown: Tensor) -> Features:
        mask = shown >= 0
        tokens, pooled = forward(shown.clamp(min=0)[None].to(device), mask[None].to(device))
        return Features(tokens[0].cpu(), pooled[0].cpu())

    shown = {_content(text): text for text in _tokenised(tower, texts)}
    total_bytes = sum(_bytes(tower, len(text)) for text in shown.values())
    if total_bytes > FEATURE_BYTES:
        return None
    features = _features(
        FeatureCache(tower, precision),
        {key: partial(encode, text) for key, text in shown.items()},
        total_bytes=total_bytes,
        tell=tell,
    )
    remembered = _RememberedTexts(forward, encode)
    for key, text in shown.items():
        remembered.keep(text, features[key])
    return remembered


def _features(
    cache: FeatureCache,
    computations: Mapping[bytes, Callable[[], Features]],
    *,
    total_bytes: int,
    tell: Callable[[int, int], None],
) -> dict[bytes, Features]:
    """The features by key: those in the cache, and those missing, which are computed and kept there."""
    with cache.alone():
        known = cache.read(computations.keys())
        missing = [key for key in computations if key not in known]
        done, total = len(known), len(computations)
        for keys in in_batches(missing, max(1, FILE_BYTES * total // max(total_bytes, 1))):
            fresh = {}
            for key in keys:
                fresh[key] = computations[key]()
                done += 1
                if done % TELL_EVERY == 0:
                    tell(done, total)
            known |= cache.write(fresh)
        tell(done, total)
    return known


def _tokenised(tower: TextEncoder, texts: Sequence[str]) -> list[Tensor]:
    if not texts:
        return []
    encoded = tower.tokenizer(list(texts), truncation=True, max_length=tower.max_tokens)["input_ids"]
    return [torch.tensor(ids) for ids in dict.fromkeys(map(tuple, encoded)) if ids]


def _bytes(tower: TextEncoder | ImageEncoder, vectors: int) -> int:
    return (vectors + 1) * tower.width * 4  # and the pooled feature


def _shown_tokens(token_ids: Tensor, token_mask: Tensor) -> list[Tensor]:
    """Each row up to its last real token, with -1 where it is masked; on the host."""
    shown = token_ids.masked_fill(~token_mask, -1).cpu()  # (B, T)
    places = torch.arange(1, shown.shape[1] + 1)
    lengths = ((shown >= 0) * places).amax(dim=1).clamp(min=1)  # (B,)
    return [row[:length] for row, length in zip(shown, lengths.tolist(), strict=True)]


def _content(item: Tensor) -> bytes:
    """A key of what is shown to a tower."""
    return hashlib.sha256(item.contiguous().numpy().data).digest()
