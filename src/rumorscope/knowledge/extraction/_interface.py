"""What an extractor is: a text in, the triples that it claims out, and an account of what failed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from rumorscope.config import Settings
from rumorscope.knowledge.locks import fork_safe_lock
from rumorscope.post import Triple

MAX_CHARACTERS = 10_000
"""Of a text that are read; posts are shorter."""

MAX_TRIPLES = 32
"""Of a text, whoever extracts them."""

NOTHING = "no triple was found"

_COUNTING = fork_safe_lock()


class ExtractorConfig(Settings):
    """How claims are taken out of texts."""

    kind: Literal["rules", "spacy", "endpoint"] = Field(
        default="rules",
        description="rules need nothing else; spacy, a pipeline that is installed; endpoint, a chat server",
    )
    most_triples: PositiveInt = Field(
        default=8, le=MAX_TRIPLES, description="of a text; the first ones are kept"
    )
    model: str | None = Field(
        default=None,
        description="the spaCy pipeline; or an endpoint's model, else RUMORSCOPE_CHAT_MODEL names it",
    )
    timeout_seconds: PositiveFloat = Field(default=60.0, description="of one request to an endpoint")
    requests_at_once: PositiveInt = Field(default=4, le=64, description="to an endpoint, from one process")
    temperature: float = Field(
        default=0.0, ge=0, le=2, description="of an endpoint's model; some take nothing but 1"
    )


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a text claims. A `failure` says why nothing could be extracted; a text may also claim nothing."""

    triples: tuple[Triple, ...]
    failure: str | None = None


class TripleExtractor(ABC):
    """Takes triples out of texts, and counts what became of them. Safe for threads; pickles uncounted."""

    texts_at_once: int = 1  # threads that it gains from

    def __init__(self, most_triples: int = 8) -> None:
        self.most_triples = most_triples
        self.counts: Counter[str] = Counter()  # "texts", NOTHING, and each reason of a failure

    def extract(self, text: str, language: str | None = None) -> Extraction:
        """What the text claims; `language` (BCP 47) where it is known. Never raises for a text."""
        found = self._extract(text[:MAX_CHARACTERS], language)
        triples = tuple(dict.fromkeys(found.triples))[: self.most_triples]
        outcome = [found.failure] if found.failure else [] if triples else [NOTHING]
        self._count(["texts", *outcome])
        return Extraction(triples, found.failure)

    @property
    def tokens_spent(self) -> int | None:
        """By all processes that share what the extractor keeps; None where nothing costs tokens."""
        return None

    @abstractmethod
    def _extract(self, text: str, language: str | None) -> Extraction: ...

    def _count(self, outcomes: Iterable[str]) -> None:
        with _COUNTING:
            self.counts.update(outcomes)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "counts"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, counts=Counter())
