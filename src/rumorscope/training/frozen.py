"""What frozen towers say of a picture or a text, computed once: posts share pictures, and epochs share posts.

Each picture and each text is encoded on its own, so that its features do not depend on which others came
first: a resumed run meets them in another order.

Shapes: **B** posts, **T** tokens, **U** distinct pictures of a batch, **D** width.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from rumorscope.data.text import clean_text
from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, TextEncoder, TextFeatures
from rumorscope.post import Post
from rumorscope.training.freezing import is_frozen

FEATURE_BYTES = 2**30
"""How much memory the features of one tower may take."""


@contextmanager
def remembered_features(detector: nn.Module, posts: Sequence[Post]) -> Iterator[None]:
    """Let each frozen tower encode every picture and every text of `posts` a single time.

    A tower that learns, or whose features would not fit in memory, is left as it is.
    """
    with ExitStack() as undo:
        for tower in detector.children():
            if not is_frozen(tower):
                continue
            if isinstance(tower, ImageEncoder) and _picture_bytes(tower, posts) <= FEATURE_BYTES:
                undo.callback(_replace_forward(tower, _RememberedPictures(tower.forward)))
            elif isinstance(tower, TextEncoder) and _text_bytes(tower, posts) <= FEATURE_BYTES:
                undo.callback(_replace_forward(tower, _RememberedTexts(tower.forward)))
        yield


class _RememberedPictures:
    def __init__(self, encode: Callable[[Tensor], ImageFeatures]) -> None:
        self._encode = encode
        self._known: dict[bytes, ImageFeatures] = {}

    def __call__(self, pixels: Tensor) -> ImageFeatures:
        if len(pixels) == 0:
            return self._encode(pixels)
        keys = [_key(picture, pixels.device) for picture in pixels.cpu()]
        features = [self._features(picture, key) for picture, key in zip(pixels, keys, strict=True)]
        return ImageFeatures(*(torch.cat(parts) for parts in zip(*features, strict=True)))

    @torch.no_grad()
    def _features(self, picture: Tensor, key: bytes) -> ImageFeatures:
        if key not in self._known:
            self._known[key] = self._encode(picture[None])
        return self._known[key]


class _RememberedTexts:
    def __init__(self, encode: Callable[[Tensor, Tensor], TextFeatures]) -> None:
        self._encode = encode
        self._known: dict[bytes, TextFeatures] = {}

    def __call__(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        if len(token_ids) == 0:
            return self._encode(token_ids, token_mask)
        shown = token_ids.masked_fill(~token_mask, -1).cpu()
        features = []
        for row, ids in enumerate(shown):
            length = int((ids >= 0).nonzero().max()) + 1 if (ids >= 0).any() else 1
            key = _key(ids[:length], token_ids.device)
            features.append(self._features(token_ids[row, :length], token_mask[row, :length], key))
        tokens = features[0].tokens.new_zeros(*token_ids.shape, features[0].tokens.shape[2])
        for row, each in enumerate(features):
            tokens[row, : each.tokens.shape[1]] = each.tokens[0]
        return TextFeatures(tokens, torch.cat([each.pooled for each in features]))

    @torch.no_grad()
    def _features(self, ids: Tensor, mask: Tensor, key: bytes) -> TextFeatures:
        if key not in self._known:
            self._known[key] = self._encode(ids[None], mask[None])
        return self._known[key]


def _key(content: Tensor, device: torch.device) -> bytes:
    """A key of a host tensor's content. Features at half precision must not serve at full."""
    precision = b"half" if torch.is_autocast_enabled(device.type) else b"full"
    return hashlib.blake2b(content.contiguous().numpy().data, digest_size=16, key=precision).digest()


def _replace_forward(tower: nn.Module, forward: Callable[..., object]) -> Callable[[], object]:
    """Shadow the tower's own `forward`; gives what undoes it."""
    tower.__dict__["forward"] = forward
    return lambda: tower.__dict__.pop("forward")


def _picture_bytes(tower: ImageEncoder, posts: Sequence[Post]) -> int:
    pictures = {source for post in posts for source in post.images}
    return len(pictures) * (len(tower.grid.scales) + 1) * tower.width * 4  # regions and the pooled feature


def _text_bytes(tower: TextEncoder, posts: Sequence[Post]) -> int:
    texts = list({clean_text(post.text) for post in posts})
    ids = tower.tokenizer(texts, truncation=True, max_length=tower.max_tokens)["input_ids"] if texts else []
    return sum(len(each) + 1 for each in ids) * tower.width * 4  # tokens and the pooled feature
