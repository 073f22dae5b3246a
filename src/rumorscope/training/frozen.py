"""What frozen towers say of a picture or a text, computed once: posts share pictures, and epochs share posts.

All are encoded when a stage begins, in batches that depend on nothing but the posts, so that a resumed run
has the very same features.

Shapes: **B** posts, **T** tokens, **U** distinct pictures of a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from rumorscope.data.text import clean_text
from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, TextEncoder, TextFeatures
from rumorscope.post import Post
from rumorscope.training.freezing import is_frozen
from rumorscope.training.loading import Loader
from rumorscope.training.objective import Precision, autocast
from rumorscope.training.sampling import in_batches

FEATURE_BYTES = 2**30
"""How much memory the features of one tower may take."""

BATCH_SIZE = 32

Tell = Callable[[str, int, int], None]
"""Is told a tower's name, how many pictures or texts it has encoded, and of how many."""


@contextmanager
def remembered_features(
    detector: nn.Module, posts: Sequence[Post], loader: Loader, precision: Precision, tell: Tell
) -> Iterator[None]:
    """Encode each picture and text of `posts` once with every frozen tower, and let it answer from that.

    A tower that learns, or whose features would not fit in memory, is left as it is. Raises InputError where
    a picture cannot be read.
    """
    with ExitStack() as undo:
        for name, tower in detector.named_children():
            if not is_frozen(tower):
                continue
            with autocast(precision, _device(tower)):
                remembered = _remember(tower, posts, loader, partial(tell, name))
            if remembered is not None:
                tower.__dict__["forward"] = remembered  # shadows the method
                undo.callback(tower.__dict__.pop, "forward")
        yield


class _RememberedPictures:
    def __init__(self, encode: Callable[[Tensor], ImageFeatures]) -> None:
        self._encode = encode
        self._known: dict[bytes, ImageFeatures] = {}

    def __call__(self, pixels: Tensor) -> ImageFeatures:
        if len(pixels) == 0:
            return self._encode(pixels)
        keys = _keys(pixels)
        for picture, key in zip(pixels, keys, strict=True):
            if key not in self._known:
                self.remember(picture[None])
        features = [self._known[key] for key in keys]
        return ImageFeatures(*(torch.stack(parts) for parts in zip(*features, strict=True)))

    @torch.no_grad()
    def remember(self, pixels: Tensor) -> None:
        features = self._encode(pixels)
        for key, *parts in zip(_keys(pixels), *features, strict=True):
            self._known[key] = ImageFeatures(*parts)


class _RememberedTexts:
    def __init__(self, encode: Callable[[Tensor, Tensor], TextFeatures]) -> None:
        self._encode = encode
        self._known: dict[bytes, TextFeatures] = {}

    def __call__(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        if token_ids.numel() == 0:
            return self._encode(token_ids, token_mask)
        shown = _shown_tokens(token_ids, token_mask)
        for row, key in enumerate(_keys(shown)):
            if key not in self._known:
                length = len(shown[row])
                self.remember(token_ids[row : row + 1, :length], token_mask[row : row + 1, :length])
        features = [self._known[key] for key in _keys(shown)]
        tokens = features[0].tokens.new_zeros(*token_ids.shape, features[0].tokens.shape[1])
        for row, each in enumerate(features):
            tokens[row, : len(each.tokens)] = each.tokens
        return TextFeatures(tokens, torch.stack([each.pooled for each in features]))

    @torch.no_grad()
    def remember(self, token_ids: Tensor, token_mask: Tensor) -> None:
        features = self._encode(token_ids, token_mask)
        shown = _shown_tokens(token_ids, token_mask)
        for ids, key, tokens, pooled in zip(shown, _keys(shown), *features, strict=True):
            self._known[key] = TextFeatures(tokens[: len(ids)], pooled)


def _remember(
    tower: nn.Module, posts: Sequence[Post], loader: Loader, tell: Callable[[int, int], None]
) -> _RememberedPictures | _RememberedTexts | None:
    if isinstance(tower, ImageEncoder):
        return _remember_pictures(tower, posts, loader, tell)
    if isinstance(tower, TextEncoder):
        return _remember_texts(tower, posts, tell)
    return None


def _remember_pictures(
    tower: ImageEncoder, posts: Sequence[Post], loader: Loader, tell: Callable[[int, int], None]
) -> _RememberedPictures | None:
    pictures = list({source: post for post in posts for source in post.images}.items())
    vectors = len(tower.grid.scales) + 1  # regions, and the pooled feature
    if len(pictures) * vectors * tower.width * 4 > FEATURE_BYTES:
        return None
    remembered = _RememberedPictures(tower.forward)
    done = 0
    for batch in in_batches(pictures, BATCH_SIZE):
        read = [loader.picture(post, source, tower.image_size).pixels for source, post in batch]
        remembered.remember(torch.stack(read).to(_device(tower)))
        tell(done := done + len(batch), len(pictures))
    return remembered


def _remember_texts(
    tower: TextEncoder, posts: Sequence[Post], tell: Callable[[int, int], None]
) -> _RememberedTexts | None:
    cleaned = [clean_text(post.text) for post in posts]
    encoded = (
        tower.tokenizer(cleaned, truncation=True, max_length=tower.max_tokens)["input_ids"] if posts else []
    )
    texts = sorted({tuple(ids) for ids in encoded if ids}, key=lambda ids: (len(ids), ids))  # little padding
    if sum(len(ids) + 1 for ids in texts) * tower.width * 4 > FEATURE_BYTES:  # tokens, and the pooled feature
        return None
    remembered = _RememberedTexts(tower.forward)
    done = 0
    for batch in in_batches(texts, BATCH_SIZE):
        ids = nn.utils.rnn.pad_sequence([torch.tensor(each) for each in batch], batch_first=True)
        mask = torch.arange(ids.shape[1]) < torch.tensor([len(each) for each in batch])[:, None]
        remembered.remember(ids.to(_device(tower)), mask.to(_device(tower)))
        tell(done := done + len(batch), len(texts))
    return remembered


def _device(tower: nn.Module) -> torch.device:
    return next(tower.parameters()).device


def _shown_tokens(token_ids: Tensor, token_mask: Tensor) -> list[Tensor]:
    """Each row up to its last real token, with -1 where it is masked; on the host."""
    shown = token_ids.masked_fill(~token_mask, -1).cpu()
    return [row[: int((row >= 0).nonzero().max()) + 1] if (row >= 0).any() else row[:1] for row in shown]


def _keys(items: Sequence[Tensor] | Tensor) -> list[bytes]:
    """A key of each item's content."""
    host = items.cpu() if isinstance(items, Tensor) else items
    return [hashlib.blake2b(item.contiguous().numpy().data, digest_size=16).digest() for item in host]
