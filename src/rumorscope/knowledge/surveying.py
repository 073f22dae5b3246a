"""Claims of many posts, ahead of training: each text once, and a count of what became of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rumorscope.data.parallel import Progress, in_parallel, no_progress
from rumorscope.knowledge.extraction import NOTHING, TripleExtractor
from rumorscope.post import Post


@dataclass(frozen=True, slots=True)
class Survey:
    """What became of posts' texts."""

    posts: int
    texts: int  # distinct ones, with their languages
    with_triples: int
    without: dict[str, int]  # how many claim nothing, and how many failed, by the reason
    triples: int
    seconds: float
    tokens_spent: int | None = None  # by all processes that share the cache; None where nothing costs tokens

    @property
    def share_with_triples(self) -> float:
        """0 to 1; of no text, 0."""
        return self.with_triples / self.texts if self.texts else 0.0

    @property
    def triples_per_text(self) -> float:
        """Of all texts, those without any among them."""
        return self.triples / self.texts if self.texts else 0.0

    @property
    def texts_per_second(self) -> float:
        """Those that were known already among them."""
        return self.texts / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self) | {
            "share_with_triples": self.share_with_triples,
            "triples_per_text": self.triples_per_text,
            "texts_per_second": self.texts_per_second,
        }


def survey(posts: Sequence[Post], extractor: TripleExtractor, progress: Progress = no_progress) -> Survey:
    """Extract the claims of each distinct text, as many at once as the extractor gains from.

    Answers that the extractor keeps are then known to whoever comes later.
    """
    texts = list(dict.fromkeys((post.text, post.language) for post in posts))
    begun = time.perf_counter()
    work = in_parallel(
        lambda text: extractor.extract(*text), texts, progress, threads=extractor.texts_at_once
    )
    found = [extraction for _, extraction in work]
    seconds = time.perf_counter() - begun
    outcomes = Counter(one.failure or NOTHING for one in found if not one.triples)
    return Survey(
        posts=len(posts),
        texts=len(texts),
        with_triples=sum(bool(one.triples) for one in found),
        without=dict(outcomes.most_common()),
        triples=sum(len(one.triples) for one in found),
        seconds=seconds,
        tokens_spent=extractor.tokens_spent,
    )
