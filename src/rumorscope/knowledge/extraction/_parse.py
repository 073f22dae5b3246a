"""The claims of a dependency parse: subjects with what is said of them, and nouns with what hangs on them.

Labels are those of spaCy's English pipelines (ClearNLP), and those of Universal Dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from rumorscope.knowledge.extraction._english_words import MODALS
from rumorscope.knowledge.extraction._prepositions import done_to, stands
from rumorscope.post import Triple


class Token(Protocol):
    """What is read of a spaCy token."""

    @property
    def i(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def lemma_(self) -> str: ...
    @property
    def pos_(self) -> str: ...
    @property
    def dep_(self) -> str: ...
    @property
    def children(self) -> Iterator[Token]: ...
    @property
    def head(self) -> Token: ...


_SUBJECT = {"nsubj"}
_PASSIVE_SUBJECT = {"nsubjpass", "nsubj:pass"}
_OBJECT = {"dobj", "obj"}
_IN_PHRASE = {"compound", "amod", "nummod", "nmod", "quantmod", "flat", "flat:name", "fixed"}
_MODIFYING = {"acl", "relcl", "acl:relcl"}
_NOUNS = {"NOUN", "PROPN", "NUM"}
_MEANS_CAN = MODALS - {"to", "must", "should", "shall"}


def triples(tokens: Iterator[Token]) -> Iterator[Triple]:
    """The claims of a parsed text, in its order."""
    for token in tokens:
        for subject in _subjects(token):
            yield from _said(_phrase(subject), token, passive=_is_passive(token))
        if token.pos_ in _NOUNS:
            yield from _hanging_on(token)


def _subjects(token: Token) -> Iterator[Token]:
    """Nouns that are a predicate's subjects; it shares those of the predicate that it is joined to."""
    own = _of(token, _SUBJECT | _PASSIVE_SUBJECT)
    if not own and token.dep_ == "conj":
        own = _of(token.head, _SUBJECT | _PASSIVE_SUBJECT)
    for subject in own:
        meant = _antecedent(token) if subject.pos_ == "PRON" else subject
        if meant is not None and meant.pos_ in _NOUNS:
            yield from _joined(meant)


def _antecedent(verb: Token) -> Token | None:
    """What "who" and "which" stand for."""
    return verb.head if verb.dep_ in ("relcl", "acl:relcl") else None


def _said(subject: str, verb: Token, *, passive: bool) -> Iterator[Triple]:
    denied = "Not" if _of(verb, {"neg"}) or any(c.lemma_ in ("not", "n't") for c in verb.children) else ""
    if passive:
        yield from () if denied else _said_done(subject, verb)  # ConceptNet has no name for what is not done
    elif _of(verb, {"cop"}):  # UD: the noun or adjective is the predicate
        yield from _said_to_be(subject, verb, denied)
    elif verb.lemma_ == "be":
        for other in _of(verb, {"attr", "acomp"}):
            yield from _said_to_be(subject, other, denied)
        yield from _standing(subject, verb)
    else:
        yield from _said_to_do(subject, verb, denied)


def _said_to_be(subject: str, other: Token, denied: str) -> Iterator[Triple]:
    if other.pos_ in _NOUNS:
        for one in _joined(other):
            yield Triple(subject, f"{denied}IsA", _phrase(one))
    elif other.pos_ == "ADJ" and not denied:
        yield Triple(subject, "HasProperty", other.text.lower())


def _said_to_do(subject: str, verb: Token, denied: str) -> Iterator[Triple]:
    objects = [one for found in _of(verb, _OBJECT) if found.pos_ in _NOUNS for one in _joined(found)]
    name = verb.lemma_.lower()
    can = any(auxiliary.text.lower() in _MEANS_CAN for auxiliary in _of(verb, {"aux"}))
    if name == "have":
        yield from (Triple(subject, f"{denied}HasA", _phrase(one)) for one in objects)
    elif can or denied or not objects:
        ends = [f"{name} {_phrase(one)}" for one in objects] or [name]
        yield from (Triple(subject, f"{denied}CapableOf", end) for end in ends)
    else:
        yield from (Triple(subject, name, _phrase(one)) for one in objects)
    if not denied:
        yield from _standing(subject, verb)


def _said_done(subject: str, verb: Token) -> Iterator[Triple]:
    name = verb.lemma_.lower()
    found = [triple for word, other in _prepositions(verb) for triple in done_to(subject, name, word, other)]
    yield from found or [Triple(subject, "ReceivesAction", name)]


def _standing(subject: str, verb: Token) -> Iterator[Triple]:
    """Where the subject is. With an object, "in" may speak of either: then nothing is said."""
    if not _of(verb, _OBJECT):
        for word, other in _prepositions(verb):
            yield from stands(subject, word, other)


def _hanging_on(noun: Token) -> Iterator[Triple]:
    """What stands in a noun's own phrase: a preposition, a participle, another name."""
    name = _phrase(noun)
    for word, place in _prepositions(noun):
        yield from stands(name, word, place)
    for verb in _of(noun, _MODIFYING):
        if not _of(verb, _SUBJECT | _PASSIVE_SUBJECT):
            yield from _said(
                name, verb, passive=verb.text.lower() != verb.lemma_.lower() and not _is_active(verb)
            )
    for other in _of(noun, {"appos"}):
        if other.pos_ in _NOUNS:
            yield Triple(name, "IsA", _phrase(other))


def _prepositions(token: Token) -> Iterator[tuple[str, str]]:
    """Each preposition that hangs on a token, with its noun: (by, telescope)."""
    for child in token.children:
        if child.dep_ in ("prep", "agent"):
            nouns, words = _of(child, {"pobj"}), [child]
        elif child.dep_ in ("obl", "nmod", "obl:agent"):
            nouns, words = [child], _of(child, {"case"})
        else:
            continue
        for noun in nouns:
            if words and noun.pos_ in _NOUNS:
                for one in _joined(noun):
                    yield words[0].text.lower(), _phrase(one)


def _is_passive(verb: Token) -> bool:
    return bool(_of(verb, _PASSIVE_SUBJECT | {"auxpass", "aux:pass"}))


def _is_active(verb: Token) -> bool:
    return verb.text.lower().endswith("ing")


def _joined(token: Token) -> Iterator[Token]:
    """A noun, and those that "and" joins to it."""
    yield token
    for other in _of(token, {"conj"}):
        if other.pos_ in _NOUNS:
            yield from _joined(other)


def _phrase(noun: Token) -> str:
    """A noun with the words before it that make its name, without articles."""
    words = [noun]
    for child in noun.children:
        if child.dep_ in _IN_PHRASE and child.i < noun.i and not _of(child, {"case"}):
            words += [*(one for one in child.children if one.dep_ in _IN_PHRASE and one.i < child.i), child]
        elif child.dep_ in ("flat", "flat:name", "fixed"):  # UD: a name's later words hang on its first
            words.append(child)
    return " ".join(word.text for word in sorted(words, key=lambda word: word.i)).lower()


def _of(token: Token, labels: set[str]) -> list[Token]:
    return [child for child in token.children if child.dep_ in labels]
