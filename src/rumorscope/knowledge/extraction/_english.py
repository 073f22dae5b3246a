"""English: noun phrases, verbs and prepositions by closed lists of words, and patterns over them.

A word that is in no list belongs to a noun phrase. So "Sandy" and "skyscraper" need no lexicon, and a verb
that is not listed is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import regex
import simplemma

from rumorscope.knowledge.extraction._english_words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DENIALS,
    DETERMINERS,
    HAVE,
    MODALS,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
)
from rumorscope.knowledge.extraction._prepositions import done_to, stands
from rumorscope.post import Triple

Kind = Literal["noun", "verb", "be", "have", "modal", "preposition", "stop", "not"]

_LONGEST_PHRASE = 6  # words of a noun phrase that are kept: its last ones
_SENTENCE = regex.compile(r"[.!?…;:|\n\"“”()\[\]]+|\s[-–—]+\s")
_WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*|,")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Words that belong together. Of a verb, `text` is the lemma, and `past` tells "taken" from "takes"."""

    kind: Kind
    text: str
    determined: bool = False  # a noun phrase that began with "a", "the", …
    past: bool = False
    denied: bool = False  # of what is said: "is not", "never takes"
    finite: bool = False  # "takes", "take": neither "taken" nor "taking"


def triples(text: str) -> Iterator[Triple]:
    """The claims of a text, in its order."""
    for sentence in _SENTENCE.split(text):
        yield from _claims(_with_denials(_chunks(_WORD.findall(sentence))))


def _claims(chunks: list[Chunk]) -> Iterator[Triple]:
    """Each noun phrase and what is said of it; what stands between two commas is said of what came before."""
    subject: Chunk | None = None
    for place, chunk in enumerate(chunks):
        if chunk.text in PRONOUNS:
            subject = None
        if chunk.kind == "noun":
            rest = chunks[place + 1 :]
            before = chunks[place - 1].kind if place else None
            if before not in ("preposition", "verb", "be", "have"):
                subject = chunk
            belongs = before == "preposition" and _is_predicate(rest)
            if belongs and subject is None:
                continue  # "everyone in New York is safe" speaks of everyone
            said = _said_of(subject if belongs and subject else chunk, subject or chunk, rest)
            yield from _denials(said) if any(one.denied for one in rest[:2]) else said


_DENIED = {name: f"Not{name}" for name in ("IsA", "HasA", "CapableOf")}


def _denials(said: Iterator[Triple]) -> Iterator[Triple]:
    """What can be denied by ConceptNet's names; the rest would say the opposite of the text."""
    for triple in said:
        if triple.relation in _DENIED:
            yield Triple(triple.head, _DENIED[triple.relation], triple.tail)


def _with_denials(chunks: Iterator[Chunk]) -> list[Chunk]:
    """A "not" belongs to the auxiliary before it, else to the next verb."""
    found: list[Chunk] = []
    pending = False
    for chunk in chunks:
        if chunk.kind == "not" and found and found[-1].kind in ("be", "have", "modal"):
            found[-1] = replace(found[-1], denied=True)
        elif chunk.kind == "not":
            pending = True
        else:
            takes = pending and chunk.kind in ("be", "have", "modal", "verb")
            found.append(replace(chunk, denied=True) if takes else chunk)
            pending = pending and chunk.kind == "noun"
    return found


def _is_predicate(rest: list[Chunk]) -> bool:
    """Whether the next words speak of a whole phrase, "crane on a street is …"; a participle, of its end."""
    match [chunk.kind for chunk in rest[:2]]:
        case [("be" | "have" | "modal"), *_]:
            return True
        case ["verb", *more]:
            return rest[0].finite or (rest[0].past and more[:1] != ["preposition"])
        case _:
            return False


def _said_of(noun: Chunk, subject: Chunk, rest: list[Chunk]) -> Iterator[Triple]:
    """What the chunks right behind a noun phrase say: of it, or of the subject that it belongs to."""
    match [chunk.kind for chunk in rest[:4]]:
        case ["be", *_]:
            yield from _said_to_be(noun, rest[1:])
        case ["have", "noun", *_]:
            yield Triple(noun.text, "HasA", rest[1].text)
        case ["modal", "verb", *more]:
            what = [rest[1].text, rest[2].text] if more[:1] == ["noun"] else [rest[1].text]
            yield Triple(noun.text, "CapableOf", " ".join(what))
        case ["verb", "noun", *_]:
            yield Triple(noun.text, rest[0].text, rest[1].text)
        case ["verb", "preposition", "noun", *_] if rest[0].past:
            yield from _passive(noun, *rest[:3])
        case ["verb", "preposition", "noun", *_]:
            yield Triple(noun.text, "CapableOf", rest[0].text)
            yield from _at(noun, rest[1], rest[2])
        case ["verb"] | ["verb", "stop", *_]:
            yield Triple(noun.text, "CapableOf", rest[0].text)
        case ["preposition", "noun", *_]:
            yield from _at(noun, rest[0], rest[1])
            yield from _said_behind(subject, rest[2:])
        case _:
            yield from _said_behind(subject, rest)


def _said_to_be(noun: Chunk, rest: list[Chunk]) -> Iterator[Triple]:
    """What follows a form of "be"."""
    match [chunk.kind for chunk in rest[:3]]:
        case ["verb", "preposition", "noun"] if rest[0].past:
            yield from _passive(noun, *rest[:3])
        case ["noun", *_]:
            yield Triple(noun.text, "IsA" if rest[0].determined else "HasProperty", rest[0].text)
        case ["preposition", "noun", *_]:
            yield from _at(noun, rest[0], rest[1])
        case ["verb", "noun", *_]:
            yield Triple(noun.text, rest[0].text, rest[1].text)
        case ["verb", *_]:
            yield Triple(noun.text, "ReceivesAction" if rest[0].past else "CapableOf", rest[0].text)
        case _:
            return


def _said_behind(subject: Chunk, rest: list[Chunk]) -> Iterator[Triple]:
    """A participle behind a comma speaks of the subject: "a photo of…, taken by a telescope"."""
    match [chunk.kind for chunk in rest[:4]]:
        case ["stop", "verb", "preposition", "noun"] if rest[1].past:
            yield from _passive(subject, *rest[1:4])
        case _:
            return


def _passive(noun: Chunk, verb: Chunk, preposition: Chunk, other: Chunk) -> Iterator[Triple]:
    return done_to(noun.text, verb.text, preposition.text, other.text)


def _at(noun: Chunk, preposition: Chunk, other: Chunk) -> Iterator[Triple]:
    return stands(noun.text, preposition.text, other.text)


def _chunks(words: list[str]) -> Iterator[Chunk]:
    noun: list[str] = []
    determined = modal = False
    for place, word in enumerate(words):
        low = word.lower().replace("’", "'").removesuffix("'s") if word != "," else word
        kind = _kind(low, expected=bool(noun) or modal, determined=determined and not noun)
        if kind == "verb" and low in VERBS and not modal and words[place + 1 : place + 2] == ["of"]:
            kind = "noun"  # "the last hug of", "a magazine cover of"
        modal = kind == "modal" or (modal and low in ADVERBS)
        if kind == "noun":
            noun.append(low)
            continue
        if noun:
            yield Chunk("noun", " ".join(noun[-_LONGEST_PHRASE:]), determined=determined)
        noun, determined = [], low in DETERMINERS
        if kind == "verb":
            lemma = _lemma(low)
            past = _is_past(low, lemma)
            yield Chunk("verb", lemma, past=past, finite=not (past or low.endswith("ing")))
        elif kind in ("be", "have", "modal", "preposition"):
            yield Chunk(kind, low, denied=low.endswith("n't") or low == "cannot")
        elif low in DENIALS:
            yield Chunk("not", low)
        elif kind == "stop" and low not in DETERMINERS and low not in ADVERBS and place:
            yield Chunk("stop", low)
    if noun:
        yield Chunk("noun", " ".join(noun[-_LONGEST_PHRASE:]), determined=determined)


def _kind(low: str, *, expected: bool, determined: bool) -> Kind:
    """A word's kind; a verb may be `expected`, and none follows a determiner."""
    if low in BE:
        return "be"
    if low in HAVE:
        return "have"
    if low in MODALS or low in AUXILIARIES:
        return "modal"
    if low in PREPOSITIONS:
        return "preposition"
    if low in DETERMINERS or low in PRONOUNS or low in CONJUNCTIONS or low in ADVERBS or low == ",":
        return "stop"
    if not determined and _lemma(low) in VERBS and (expected or low not in VERBS):
        return "verb"  # a bare form that begins a phrase is rather a noun: "attack", "report"
    return "noun"


def _is_past(low: str, lemma: str) -> bool:
    return low != lemma and not low.endswith(("ing", "s"))


@lru_cache(maxsize=50_000)
def _lemma(low: str) -> str:
    return simplemma.lemmatize(low, lang="en") if low.isascii() else low
