"""Free text → what a concept store knows: the terms and relations of claims, and the triples beside them.

A term is looked for as it is written, then by its words' dictionary forms, then misspelt; and where none of
that is known, without its first words, since the last of a noun phrase says what it is: "the damaged hubble
telescope" is a "hubble telescope", and that a "telescope". What follows a preposition is dropped first: a
"photo of earth" is a "photo".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import regex
import simplemma
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from rumorscope.knowledge.relations import link_relation
from rumorscope.knowledge.store import ConceptStore, Known
from rumorscope.knowledge.terms import language_and_text, normal_words, term_key, written_without_spaces
from rumorscope.post import Triple

_LONGEST_PART = 12  # words or characters; claims' ends are shorter, and each costs look-ups
_LEAST_FUZZY = 6  # letters: one letter more or less makes another word of a shorter one
_CANDIDATES = 2000  # terms that share a half with a misspelt one
_BACK_OFF = 3  # ever more general heads
_POOL = 256  # triples of a head and a relation, from which the nearest of equal weight are taken
_PREPOSITIONS = frozenset(
    {"of", "in", "on", "at", "from", "for", "with", "by", "to", "about", "near", "into", "over", "under"}
    | {"after", "before", "during", "against", "between", "that", "which", "who"}
)
_DIGITS = regex.compile(r"\d+")
_IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


class Match(StrEnum):
    """How a term was found."""

    EXACT = "as written"
    LEMMA = "by its dictionary form"
    FUZZY = "misspelt"


@dataclass(frozen=True, slots=True)
class Link:
    """A phrase, or the last part of it, and the term of the store that it means."""

    phrase: str  # the part that was linked, in plain form
    term: str
    language: str
    match: Match
    whole: bool  # whether all of the phrase was linked


def known_about(store: ConceptStore, triple: Triple, most: int = 8) -> tuple[Triple, ...]:
    """The known triples that a claim is to be compared with (KECL), in an order that never changes.

    Both ends and the relation are linked. Where nothing is known of the head and the relation, or of both
    ends, a more general head is tried. The triple itself comes first, then those of both ends, then those of
    the head and the relation: the heaviest first, and among equals those whose tail reads most like the
    claim's. Empty where nothing links. Safe in any number of threads.
    """
    relation = link_relation(triple.relation, store.relations)
    tail = next(links(store, triple.tail), None)
    tail_term = tail.term if tail else triple.tail
    for head in islice(links(store, triple.head), _BACK_OFF):
        found = store.supporting(Triple(head.term, relation, tail_term), max(most, _POOL))
        if found:
            ordered = _nearest_first(found, tail_term)
            return tuple(known.triple for known in ordered[:most])
    return ()


def links(store: ConceptStore, phrase: str) -> Iterator[Link]:
    """The terms that a phrase may mean, from all of it to its last word, each at most once."""
    seen: set[str] = set()
    for language in store.languages:
        for number, part in enumerate(_parts(phrase, language)):
            found = _find(store, part, language)
            if found is not None and found[0] not in seen:
                key, match = found
                seen.add(key)
                yield Link(part, language_and_text(key)[1], language, match, whole=number == 0)


def _find(store: ConceptStore, part: str, language: str) -> tuple[str, Match] | None:
    key = term_key(part, language)
    if key is None:
        return None
    if store.degree(key):
        return key, Match.EXACT
    for lemma in _lemmas(part, language):
        key_of_lemma = term_key(lemma, language)
        if key_of_lemma is not None and store.degree(key_of_lemma):
            return key_of_lemma, Match.LEMMA
    near = _misspelt(store, key)
    return (near, Match.FUZZY) if near else None


def _parts(phrase: str, language: str) -> Iterator[str]:
    """All of a phrase, then ever less of its first words; of its characters where words have no spaces."""
    words = normal_words(phrase.lower(), language)
    yield " ".join(words)
    if written_without_spaces(language):
        text = "".join(words) if _IDEOGRAPHS.search(phrase) else ""
        starts = range(max(1, len(text) - _LONGEST_PART), len(text) - 1)  # a last character alone says little
        yield from (text[start:] for start in starts)
        return
    end = next((place for place, word in enumerate(words) if place and word in _PREPOSITIONS), len(words))
    first = max(1 if end == len(words) else 0, end - _LONGEST_PART)
    yield from (" ".join(words[start:end]) for start in range(first, end))


def _lemmas(part: str, language: str) -> Iterator[str]:
    """With the last word in its dictionary form, then with all of them; English alone."""
    if language != "en":
        return
    words = part.split()
    lemmas = [simplemma.lemmatize(word, lang="en") for word in words]
    yield " ".join([*words[:-1], *lemmas[-1:]])
    yield " ".join(lemmas)


def _misspelt(store: ConceptStore, key: str) -> str | None:
    """The nearest term one letter away, or two of ten and more; swapped neighbours count as one.

    Candidates share the first or the second half. No word that is known is taken for a misspelt one, else a
    "red house" would be a "red horse"; and digits must agree.
    """
    language, text = language_and_text(key)
    if written_without_spaces(language) or len(text) < _LEAST_FUZZY:
        return None
    allowed = 1 if len(text) < 10 else 2
    lengths = range(len(key) - allowed, len(key) + allowed + 1)
    half = len(text) // 2
    candidates = dict(store.beginning(f"{language}/{text[:half]}", lengths, _CANDIDATES))
    candidates |= store.ending(f"{language}/{text[half:]}", lengths, _CANDIDATES)
    near = [
        (distance, -edges, term)
        for term, edges in candidates.items()
        if (distance := OSA.distance(key, term, score_cutoff=allowed)) <= allowed
        and _DIGITS.findall(term) == _DIGITS.findall(key)
        and not any(_is_known(store, word, language) for word in _words_lost(key, term))
    ]
    return min(near)[2] if near else None


def _words_lost(key: str, term: str) -> set[str]:
    return set(language_and_text(key)[1].split()) - set(language_and_text(term)[1].split())


def _is_known(store: ConceptStore, word: str, language: str) -> bool:
    return any(store.degree(f"{language}/{form}") for form in (word, *_lemmas(word, language)))


def _nearest_first(found: tuple[Known, ...], tail: str) -> list[Known]:
    """Triples of both ends as they come; then by weight, then by how many words their tail shares."""

    def place(known: Known) -> tuple[bool, float, float]:
        if known.triple.tail == tail:
            return False, 0.0, 0.0
        return True, -known.weight, -fuzz.token_set_ratio(known.triple.tail, tail)

    return sorted(found, key=place)
