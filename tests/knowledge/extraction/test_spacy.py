"""What the parse reader finds in sentences annotated by hand: no pipeline is needed for it."""

from __future__ import annotations

import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rumorscope.errors import InputError
from rumorscope.knowledge.extraction import ExtractorConfig, build_extractor
from rumorscope.knowledge.extraction._parse import triples
from rumorscope.knowledge.extraction.spacy import _load

spacy = pytest.importorskip("spacy")
VOCABULARY = spacy.blank("en").vocab

# each word: text/lemma/pos/label/place of its head, from 0; the lemma is left out where it is the text
SENTENCES = {
    "The/DET/det/1 shark/NOUN/nsubj/2 eats/eat/VERB/ROOT/2 a/DET/det/5 small/ADJ/amod/5 dog/NOUN/dobj/2": [
        ("shark", "eat", "small dog")
    ],
    "Obama/PROPN/nsubj/1 is/be/AUX/ROOT/1 a/DET/det/3 Muslim/PROPN/attr/1": [("obama", "IsA", "muslim")],
    "Obama/PROPN/nsubj/1 is/be/AUX/ROOT/1 not/PART/neg/1 a/DET/det/4 Muslim/PROPN/attr/1": [
        ("obama", "NotIsA", "muslim")
    ],
    "The/DET/det/1 street/NOUN/nsubj/2 is/be/AUX/ROOT/2 wet/ADJ/acomp/2": [("street", "HasProperty", "wet")],
    "The/DET/det/1 shark/NOUN/nsubj/2 is/be/AUX/ROOT/2 in/ADP/prep/2 Hoboken/PROPN/pobj/3": [
        ("shark", "AtLocation", "hoboken")
    ],
    "Sharks/NOUN/nsubj/2 can/AUX/aux/2 climb/VERB/ROOT/2 trees/NOUN/dobj/2": [
        ("sharks", "CapableOf", "climb trees")
    ],
    "Sharks/NOUN/nsubj/3 do/AUX/aux/3 n't/not/PART/neg/3 fly/VERB/ROOT/3 over/ADP/prep/3 land/NOUN/pobj/4": [
        ("sharks", "NotCapableOf", "fly")
    ],
    "Sharks/NOUN/nsubj/1 have/VERB/ROOT/1 teeth/NOUN/dobj/1 and/CCONJ/cc/2 fins/NOUN/conj/2": [
        ("sharks", "HasA", "teeth"),
        ("sharks", "HasA", "fins"),
    ],
    "The/DET/det/1 dog/NOUN/nsubjpass/3 was/be/AUX/auxpass/3 rescued/rescue/VERB/ROOT/3 by/ADP/agent/3 "
    "firemen/NOUN/pobj/4": [("firemen", "rescue", "dog")],
    "The/DET/det/1 bridge/NOUN/nsubjpass/3 was/be/AUX/auxpass/3 closed/close/VERB/ROOT/3": [
        ("bridge", "ReceivesAction", "close")
    ],
    "The/DET/det/1 bridge/NOUN/nsubjpass/4 was/be/AUX/auxpass/4 not/PART/neg/4 closed/close/VERB/ROOT/4": [],
    "A/DET/det/1 photo/NOUN/ROOT/1 of/ADP/prep/1 the/DET/det/4 Earth/PROPN/pobj/2 taken/take/VERB/acl/1 "
    "by/ADP/agent/5 the/DET/det/9 Hubble/PROPN/compound/9 telescope/NOUN/pobj/6": [
        ("photo", "of", "earth"),
        ("hubble telescope", "take", "photo"),
    ],
    "A/DET/det/1 shark/NOUN/ROOT/1 swimming/swim/VERB/acl/1 in/ADP/prep/2 the/DET/det/5 street/NOUN/pobj/3": [
        ("shark", "CapableOf", "swim"),
        ("shark", "AtLocation", "street"),
    ],
    "A/DET/det/1 man/NOUN/ROOT/1 who/PRON/nsubj/3 saved/save/VERB/relcl/1 dogs/NOUN/dobj/3": [
        ("man", "save", "dogs")
    ],
    "Sandy/PROPN/nsubj/2 ,/PUNCT/punct/0 hit/VERB/ROOT/2 Cuba/PROPN/dobj/2 and/CCONJ/cc/2 "
    "flooded/flood/VERB/conj/2 streets/NOUN/dobj/5": [
        ("sandy", "hit", "cuba"),
        ("sandy", "flood", "streets"),
    ],
    "Cats/NOUN/nsubj/3 and/CCONJ/cc/0 dogs/NOUN/conj/0 chase/VERB/ROOT/3 it/PRON/dobj/3": [
        ("cats", "CapableOf", "chase"),
        ("dogs", "CapableOf", "chase"),
    ],
    "Sandy/PROPN/ROOT/0 ,/PUNCT/punct/0 a/DET/det/3 hurricane/NOUN/appos/0": [("sandy", "IsA", "hurricane")],
    "It/PRON/nsubj/1 hit/VERB/ROOT/1 Cuba/PROPN/dobj/1": [],
    "": [],
}
UNIVERSAL = {
    "Obama/PROPN/nsubj/3 is/be/AUX/cop/3 a/DET/det/3 Muslim/NOUN/ROOT/3": [("obama", "IsA", "muslim")],
    "Obama/PROPN/nsubj/4 is/be/AUX/cop/4 not/PART/advmod/4 a/DET/det/4 Muslim/NOUN/ROOT/4": [
        ("obama", "NotIsA", "muslim")
    ],
    "dogs/NOUN/nsubj:pass/2 were/be/AUX/aux:pass/2 saved/save/VERB/ROOT/2 by/ADP/case/4 "
    "firemen/NOUN/obl:agent/2": [("firemen", "save", "dogs")],
    "photo/NOUN/ROOT/0 of/ADP/case/2 Earth/PROPN/nmod/0": [("photo", "of", "earth")],
    "New/PROPN/nsubj/2 York/PROPN/flat/0 bans/ban/VERB/ROOT/2 cars/NOUN/obj/2": [("new york", "ban", "cars")],
}


def annotated(sentence: str) -> Any:
    rows = [word.split("/") for word in sentence.split()]
    rows = [row if len(row) == 5 else [row[0], row[0], *row[1:]] for row in rows]
    texts, lemmas, pos, labels, heads = (
        (list(column) for column in zip(*rows, strict=True)) if rows else [[]] * 5
    )
    places = [int(head) for head in heads]
    return spacy.tokens.Doc(VOCABULARY, words=texts, lemmas=lemmas, pos=pos, deps=labels, heads=places)


@pytest.mark.parametrize(("sentence", "expected"), [*SENTENCES.items(), *UNIVERSAL.items()])
def test_known_parses(sentence: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(t.head, t.relation, t.tail) for t in triples(annotated(sentence))] == expected


class Annotated:
    """A pipeline that knows one sentence."""

    pipe_names = ("tagger", "parser")

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.asked: list[str] = []

    def __call__(self, text: str) -> Any:
        self.asked.append(text)
        return annotated(self.sentence)


def test_the_extractor_reads_the_cleaned_text(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Annotated("Sandy/PROPN/nsubj/1 hit/VERB/ROOT/1 Cuba/PROPN/dobj/1")
    loaded: list[str] = []

    def load(name: str, **_: Any) -> Annotated:
        loaded.append(name)
        return pipeline

    monkeypatch.setattr(spacy, "load", load)
    extractor = build_extractor(ExtractorConfig(kind="spacy"))
    found = extractor.extract("Sandy hit\u200b Cuba http://t.co/x")
    assert [(t.head, t.relation, t.tail) for t in found.triples] == [("sandy", "hit", "cuba")]
    assert pipeline.asked == ["Sandy hit Cuba"]
    assert pickle.loads(pickle.dumps(extractor)).extract("again") == found
    build_extractor(ExtractorConfig(kind="spacy", model="de_core_news_sm"))
    assert loaded == ["en_core_web_sm", "en_core_web_sm", "de_core_news_sm"]


def test_a_missing_pipeline_names_its_download() -> None:
    with pytest.raises(InputError, match="python -m spacy download xx_none_such"):
        build_extractor(ExtractorConfig(kind="spacy", model="xx_none_such"))


def test_a_pipeline_that_does_not_parse_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(InputError, match="has nothing; it needs a tagger and a parser"):
        build_extractor(ExtractorConfig(kind="spacy", model=str(tmp_path / "blank")))


@pytest.mark.parametrize("model", ["typer", "os", "../en_core_web_sm", "en-core-web-sm"])
def test_no_package_but_a_pipeline_is_loaded(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(spacy, "load", lambda name, **_: loaded.append(name))
    with pytest.raises(InputError, match=r"is no name of a spaCy pipeline; try en_core_web_sm"):
        _load(model)
    assert loaded == []


def test_threads_parse_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []
    inside: set[int] = set()

    class Slow(Annotated):
        def __call__(self, text: str) -> Any:
            inside.add(threading.get_ident())
            at_once.append(len(inside))
            time.sleep(0.005)
            inside.discard(threading.get_ident())
            return super().__call__(text)

    monkeypatch.setattr(spacy, "load", lambda name, **_: Slow("Sandy/PROPN/nsubj/1 hit/VERB/ROOT/1"))
    asking = build_extractor(ExtractorConfig(kind="spacy"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(asking.extract, map(str, range(16))))
    assert at_once == [1] * 16


def test_missing_spacy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(InputError, match=r"pip install 'rumorscope\[nlp\]'"):
        build_extractor(ExtractorConfig(kind="spacy"))
