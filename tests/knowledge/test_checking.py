"""A text's claims beside what is known: remembered, unless extracting them failed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from rumorscope.knowledge.checking import CheckedText, ClaimChecker
from rumorscope.knowledge.extraction import Extraction, TripleExtractor
from rumorscope.knowledge.extraction.rules import RuleExtractor
from rumorscope.knowledge.store import ConceptStore
from rumorscope.post import Triple


@pytest.fixture
def concepts(tiny_store: Path) -> ConceptStore:
    return ConceptStore(tiny_store)


class Failing(TripleExtractor):
    """Fails once, then answers."""

    def _extract(self, text: str, language: str | None) -> Extraction:
        if self.counts["texts"] == 0:
            return Extraction((), "the endpoint is down")
        return Extraction((Triple("shark", "CapableOf", "swim"),))


def test_claims_stand_beside_what_is_known(concepts: ConceptStore) -> None:
    checked = ClaimChecker(RuleExtractor(), concepts, most_known=8)("A shark swimming in the street")
    assert checked.failure is None
    assert [claim.triple.tail for claim in checked.claims] == ["swim", "street"]
    swims, is_in_the_street = checked.claims
    assert swims.known == (Triple("shark", "CapableOf", "swim"),)
    assert {known.tail for known in is_in_the_street.known} == {"sea", "aquarium"}


def test_no_more_is_compared_than_asked_for(concepts: ConceptStore) -> None:
    checked = ClaimChecker(RuleExtractor(), concepts, most_known=1)("A shark in the street")
    assert [len(claim.known) for claim in checked.claims] == [1]


def test_a_known_text_is_not_extracted_again(concepts: ConceptStore) -> None:
    extractor = RuleExtractor()
    checker = ClaimChecker(extractor, concepts, most_known=8)
    assert checker("Sharks can swim") is not checker("sharks can swim!")
    assert checker("Sharks can swim") == checker("Sharks can swim")
    assert extractor.counts["texts"] == 2


def test_a_failure_is_told_and_asked_for_again(concepts: ConceptStore) -> None:
    checker = ClaimChecker(Failing(), concepts, most_known=8)
    assert checker("x") == CheckedText((), failure="the endpoint is down")
    assert len(checker("x").claims) == 1


def test_a_worker_process_gets_one_that_answers_the_same(concepts: ConceptStore) -> None:
    checker = ClaimChecker(RuleExtractor(), concepts, most_known=8)
    assert pickle.loads(pickle.dumps(checker))("Sharks can swim") == checker("Sharks can swim")
