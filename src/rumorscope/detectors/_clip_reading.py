"""How a detector with two text towers reads a post: the text is tokenised a second time, for CLIP.

Shapes: **B** posts, **T** tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from transformers import PreTrainedTokenizerBase

from rumorscope.data.text import clean_text
from rumorscope.encoders.preprocess import Batch, Picture, Preprocess, Sample, pad
from rumorscope.post import ImageSource, Post

CLIP_IDS, CLIP_MASK = "clip_token_ids", "clip_token_mask"  # (B, T) int64 and bool


@dataclass(frozen=True, slots=True)
class ClipSample(Sample):
    """A post with its text as CLIP's tokenizer numbers it, too."""

    clip_ids: tuple[int, ...]


@dataclass(frozen=True)
class ClipPreprocess(Preprocess):
    """Tokenises each text for both towers."""

    clip_tokenizer: PreTrainedTokenizerBase
    clip_tokens: int

    def prepare(self, post: Post, read: Callable[[ImageSource, int], Picture] | None = None) -> ClipSample:
        sample = super().prepare(post, read)
        encoded = self.clip_tokenizer(clean_text(post.text), truncation=True, max_length=self.clip_tokens)
        own = {field.name: getattr(sample, field.name) for field in fields(Sample)}
        return ClipSample(**own, clip_ids=tuple(encoded["input_ids"]))

    def collate(self, samples: Sequence[Sample]) -> Batch:
        texts = [sample.clip_ids for sample in samples if isinstance(sample, ClipSample)]
        ids, mask = pad(texts, self.clip_tokenizer.pad_token_id or 0)
        batch = super().collate(samples)
        return replace(batch, extras={**batch.extras, CLIP_IDS: ids, CLIP_MASK: mask})
