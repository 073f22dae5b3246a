"""What the rules find in known sentences, and what they keep whatever they are given."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.knowledge.extraction import ExtractorConfig, build_extractor
from rumorscope.knowledge.extraction._interface import MAX_CHARACTERS, NOTHING
from rumorscope.knowledge.extraction.rules import RuleExtractor

ENGLISH = {
    "A photo of the Earth covered in clouds, taken by the Hubble telescope": [
        ("photo", "of", "earth"),
        ("earth", "ReceivesAction", "cover"),
        ("earth", "AtLocation", "clouds"),
        ("hubble telescope", "take", "photo"),
    ],
    "Shark swimming in the street after the storm": [
        ("shark", "CapableOf", "swim"),
        ("shark", "AtLocation", "street"),
    ],
    "Obama is a Muslim": [("obama", "IsA", "muslim")],
    "The bridge is closed": [("bridge", "ReceivesAction", "close")],
    "The bridge is in Hoboken": [("bridge", "AtLocation", "hoboken")],
    "The lens was used for astronomy": [("lens", "UsedFor", "astronomy")],
    "Soldiers guard the tomb": [("soldiers", "guard", "tomb")],
    "The dog was rescued by firemen": [("firemen", "rescue", "dog")],
    "The plant can purify air": [],  # "purify" is in no list
    "The house has a pool.": [("house", "HasA", "pool")],
    "Sharks can swim": [("sharks", "CapableOf", "swim")],
    "Tomb of the Unknown Soldier #hurricane #Sandy": [("tomb", "of", "unknown soldier")],
    "Scary pic of #Sandy #NYC http://t.co/CORzusFD": [("scary pic", "of", "sandy")],
    "#Sandy #NYC #wow": [],
    "Sharks in #NewYork eat dogs": [("sharks", "AtLocation", "newyork"), ("sharks", "eat", "dogs")],
    "This is on @nymag's cover": [],
    "This magazine cover of Sandy will go down": [
        ("magazine cover", "of", "sandy"),
        ("magazine cover", "CapableOf", "go"),
    ],
    "Tower collapses, trapping hundreds": [("tower", "CapableOf", "collapse")],
    "Crane on 57th street collapsed.": [
        ("crane", "AtLocation", "57th street"),
        ("crane", "CapableOf", "collapse"),
    ],
    "Photo of a shark swimming in the street": [
        ("photo", "of", "shark"),
        ("shark", "CapableOf", "swim"),
        ("shark", "AtLocation", "street"),
    ],
    "Obama is not a Muslim": [("obama", "NotIsA", "muslim")],
    "Obama isn't a Muslim": [("obama", "NotIsA", "muslim")],
    "The bridge is not closed": [],
    "The house has no pool": [("house", "NotHasA", "pool")],
    "Sharks can't fly": [("sharks", "NotCapableOf", "fly")],
    "Sharks do not eat people": [("sharks", "NotCapableOf", "eat people")],
    "The city never sleeps": [("city", "NotCapableOf", "sleep")],
    "No sharks swim in the street": [("sharks", "NotCapableOf", "swim")],
    "Not the dog but the cat is dead": [("cat", "HasProperty", "dead")],
    "Everyone in New York is safe": [],
    "Hope everyone in New York is safe": [],
    "A resort located in Fiji": [("resort", "AtLocation", "fiji")],
    "#Sandy from #space http://t.co/CORzusFD @nasa": [("sandy", "from", "space")],
}
CHINESE = {
    "网传鲨鱼出现在街头": [("鲨鱼", "AtLocation", "街头")],
    "猴子被老虎吃掉了": [("老虎", "吃掉", "猴子")],
    "大桥被冲垮了": [("大桥", "ReceivesAction", "冲垮")],
    "这种药可以治疗癌症。": [("药", "CapableOf", "治疗癌症")],
    "地球是一个行星，月亮不是行星": [("地球", "IsA", "行星"), ("月亮", "NotIsA", "行星")],
    "吸烟导致肺癌": [("吸烟", "Causes", "肺癌")],
    "今天天气好": [],
}


def found(text: str) -> list[tuple[str, str, str]]:
    return [(t.head, t.relation, t.tail) for t in RuleExtractor().extract(text).triples]


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH.items(), *CHINESE.items()])
def test_known_sentences(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(text) == expected


@given(st.text(max_size=300))
def test_any_text_gives_a_few_whole_triples_and_the_same_again(text: str) -> None:
    extraction = RuleExtractor(most_triples=3).extract(text)
    assert extraction.failure is None
    assert len(extraction.triples) <= 3
    assert all(t.head.strip() and t.relation and t.tail.strip() for t in extraction.triples)
    assert RuleExtractor(most_triples=3).extract(text) == extraction


def test_no_more_is_read_of_a_long_text() -> None:
    assert found(" " * MAX_CHARACTERS + "The dog is an animal") == []


def test_equal_claims_count_once() -> None:
    assert found("Obama is a Muslim. Obama is a Muslim!") == [("obama", "IsA", "muslim")]


def test_counts_tell_what_became_of_the_texts() -> None:
    extractor = build_extractor(ExtractorConfig())
    for text in ("Obama is a Muslim", "hm", ""):
        extractor.extract(text)
    assert extractor.counts == {"texts": 3, NOTHING: 2}


def test_threads_count_together_and_a_pickled_one_counts_anew() -> None:
    extractor = RuleExtractor(most_triples=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(extractor.extract, ["Obama is a Muslim"] * 200))
    assert extractor.counts["texts"] == 200
    sent = pickle.loads(pickle.dumps(extractor))
    assert sent.counts == {}
    assert sent.extract("Obama is a Muslim") == extractor.extract("Obama is a Muslim")
