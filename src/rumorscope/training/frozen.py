"""A frozen image tower's features, computed once a picture: many posts share few pictures.

Shapes: **U** distinct pictures in a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageEncoder, ImageFeatures
from rumorscope.training.freezing import is_frozen

FEATURE_BYTES = 2**30
"""How much memory the features of one tower may take."""


@contextmanager
def remembered_pictures(detector: nn.Module, pictures: int) -> Iterator[None]:
    """Let each frozen image tower encode every one of `pictures` distinct pictures a single time.

    Each is encoded on its own, so that its features do not depend on which others came first: a resumed
    run meets them in another order. A tower whose features would not fit in memory is left as it is.
    """
    with ExitStack() as undo:
        for tower in detector.children():
            if isinstance(tower, ImageEncoder) and is_frozen(tower) and _fits(tower, pictures):
                tower.forward = _Remembering(tower)  # type: ignore[method-assign]  # for the stage only
                undo.callback(tower.__dict__.pop, "forward")
        yield


class _Remembering:
    def __init__(self, tower: ImageEncoder) -> None:
        self._encode = tower.forward
        self._known: dict[bytes, ImageFeatures] = {}

    def __call__(self, pixels: Tensor) -> ImageFeatures:
        if len(pixels) == 0:
            return self._encode(pixels)
        features = [self._features(picture) for picture in pixels]
        return ImageFeatures(*(torch.cat(parts) for parts in zip(*features, strict=True)))

    @torch.no_grad()
    def _features(self, picture: Tensor) -> ImageFeatures:
        key = hashlib.blake2b(picture.cpu().contiguous().numpy().data, digest_size=16).digest()
        if torch.is_autocast_enabled(picture.device.type):
            key += b"autocast"  # features at half precision must not serve at full
        if key not in self._known:
            self._known[key] = self._encode(picture[None])
        return self._known[key]


def _fits(tower: ImageEncoder, pictures: int) -> bool:
    regions = len(tower.grid.scales) + 1  # and the pooled feature
    return pictures * regions * tower.width * 4 <= FEATURE_BYTES
