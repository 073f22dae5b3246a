"""Linking: known answers on a store that can be read at a glance."""

from __future__ import annotations

import pytest

from rumorscope.knowledge.linking import Match, known_about, links
from rumorscope.knowledge.relations import link_relation
from rumorscope.knowledge.store import ConceptStore
from rumorscope.post import Triple


def terms(store: ConceptStore, phrase: str) -> list[tuple[str, Match]]:
    return [(link.term, link.match) for link in links(store, phrase)]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("Telescope", [("telescope", Match.EXACT)]),
        ("the  TELESCOPE!", [("telescope", Match.EXACT)]),
        ("hubble_telescope", [("hubble telescope", Match.EXACT), ("telescope", Match.EXACT)]),
        ("the damaged Hubble telescope", [("hubble telescope", Match.EXACT), ("telescope", Match.EXACT)]),
        ("a photo of Earth from space", [("photo", Match.EXACT)]),
        ("Telescopes", [("telescope", Match.LEMMA)]),
        ("big dogs", [("dog", Match.LEMMA)]),
        ("telescopes telescope", [("telescope", Match.EXACT)]),
        ("telescope of telescopes", [("telescope", Match.EXACT)]),
        ("telescpoe", [("telescope", Match.FUZZY)]),
        ("the hubbel telescope", [("hubble telescope", Match.FUZZY), ("telescope", Match.EXACT)]),
        ("red house", [("house", Match.EXACT)]),  # and no "red horse", since a house is known
        ("boeing 737", []),  # other digits, another aircraft
        ("dgo", []),  # too short to be a misspelling of anything
        ("受损的望远镜", [("望远镜", Match.EXACT)]),
        ("", []),
        ("?!", []),
    ],
)
def test_a_phrase_means_these_terms(
    store: ConceptStore, phrase: str, expected: list[tuple[str, Match]]
) -> None:
    assert terms(store, phrase) == expected


def test_a_link_says_whether_it_stands_for_the_whole_phrase(store: ConceptStore) -> None:
    whole, part = links(store, "Hubble telescope")
    assert (whole.phrase, whole.language, whole.whole) == ("hubble telescope", "en", True)
    assert (part.phrase, part.language, part.whole) == ("telescope", "en", False)


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("is a", "IsA"),
        ("was an", "IsA"),
        ("are", "IsA"),
        ("IsA", "IsA"),
        ("is_a", "IsA"),
        ("/r/IsA", "IsA"),
        ("is not a", "NotIsA"),
        ("located in", "AtLocation"),
        ("is located in", "AtLocation"),
        ("part of", "PartOf"),
        ("was part of the", "PartOf"),
        ("usedFor", "UsedFor"),
        ("used_for", "UsedFor"),
        ("had", "HasA"),
        ("can", "CapableOf"),
        ("位于", "AtLocation"),
        ("takes", "takes"),  # no relation of ConceptNet
        (" captured-by ", "captured-by"),
    ],
)
def test_a_relation_gets_its_name_or_stays_as_it_is(phrase: str, name: str) -> None:
    assert link_relation(phrase, ["IsA", "UsedFor"]) == name


def test_known_triples_of_a_claim(store: ConceptStore) -> None:
    stars = Triple("telescope", "UsedFor", "look at stars")
    far = Triple("telescope", "UsedFor", "see far away")
    moon = Triple("telescope", "UsedFor", "watch moon")
    claim = Triple("The telescopes", "were used for", "observing the moon")
    assert known_about(store, claim) == (stars, moon, far)  # the heaviest, then the most like the claim
    assert known_about(store, claim, most=1) == (stars,)
    known = Triple("The telescopes", "were used for", "watching the moon")
    assert known_about(store, known) == (moon, stars, far)  # the claim itself


def test_a_relation_without_a_name_is_matched_by_both_ends(store: ConceptStore) -> None:
    claim = Triple("telescope", "takes pictures of", "stars")
    assert known_about(store, claim) == (Triple("telescope", "RelatedTo", "star"),)


def test_a_more_general_head_serves_where_nothing_is_known_of_the_claimed_one(store: ConceptStore) -> None:
    claim = Triple("Hubble telescope", "is used for", "photographs")
    assert [known.head for known in known_about(store, claim)] == ["telescope"] * 3


def test_nothing_is_known_of_what_does_not_link(store: ConceptStore) -> None:
    assert known_about(store, Triple("unheard-of thing", "is a", "telescope")) == ()
    assert known_about(store, Triple("shark", "is swimming in", "street")) == ()
    assert known_about(store, Triple("", "", "")) == ()


def test_a_chinese_claim_finds_chinese_knowledge(store: ConceptStore) -> None:
    assert known_about(store, Triple("望远镜", "是", "武器")) == (Triple("望远镜", "IsA", "仪器"),)
    assert known_about(store, Triple("狗", "又称", "dogs")) == (Triple("狗", "Synonym", "dog"),)


def test_long_and_odd_phrases_end_soon(store: ConceptStore) -> None:
    for phrase in ("dog " * 10_000, "狗" * 10_000, "/" * 500, "%_*\"'\x00", "x" * 100_000):
        assert len(list(links(store, phrase))) <= 12
