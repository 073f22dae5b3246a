"""A post's text → its claims, each with the known triples that it is to be compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rumorscope.knowledge.extraction import TripleExtractor
from rumorscope.knowledge.linking import known_about
from rumorscope.knowledge.store import ConceptStore
from rumorscope.post import Triple

_TEXTS = 20_000  # that a process remembers: in training each comes by once an epoch


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim, and what is known of its head and relation, or its head and tail."""

    triple: Triple
    known: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The claims of a text; `failure` says why there are none where they could not be extracted."""

    claims: tuple[CheckedClaim, ...]
    failure: str | None = None


class ClaimChecker:
    """Extracts claims and looks them up; remembers the texts it has seen. Safe for threads, and pickles.

    A failure, such as an endpoint that is down, is not remembered: the text is asked for again.
    """

    def __init__(self, extractor: TripleExtractor, store: ConceptStore, most_known: int) -> None:
        self.extractor, self.store, self.most_known = extractor, store, most_known
        self._checked = lru_cache(_TEXTS)(self._check)

    def __call__(self, text: str, language: str | None = None) -> CheckedText:
        """What the text claims; never raises for a text."""
        try:
            return CheckedText(self._checked(text, language))
        except _FailedError as failed:
            return CheckedText((), failure=str(failed))

    def _check(self, text: str, language: str | None) -> tuple[CheckedClaim, ...]:
        extraction = self.extractor.extract(text, language)
        if extraction.failure is not None:
            raise _FailedError(extraction.failure)  # what raises is not remembered
        return tuple(
            CheckedClaim(triple, known_about(self.store, triple, self.most_known))
            for triple in extraction.triples
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return ClaimChecker, (self.extractor, self.store, self.most_known)


class _FailedError(Exception):
    """The extraction failed, for the reason that this says."""
