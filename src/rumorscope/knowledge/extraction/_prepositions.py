"""What English prepositions say of a thing, and of what was done to it, in ConceptNet's names for it."""

from __future__ import annotations

from collections.abc import Iterator

from rumorscope.knowledge.extraction._english_words import PLACES
from rumorscope.post import Triple

_NAMED = {
    ("make", "of"): "MadeOf", ("make", "from"): "MadeOf", ("use", "for"): "UsedFor", ("use", "as"): "UsedFor",
    ("know", "as"): "Synonym", ("call", "as"): "Synonym",
}  # fmt: skip
_PARTS = {"part", "piece", "member", "half", "side", "end", "section"}
_SAID = {"near": "LocatedNear", "about": "RelatedTo", "like": "SimilarTo", "with": "with", "from": "from"}


def done_to(thing: str, verb: str, preposition: str, other: str) -> Iterator[Triple]:
    """A passive and what follows it: "taken by a telescope", "made of wood". The verb is a lemma."""
    if preposition == "by":
        yield Triple(other, verb, thing)
    elif preposition == "with":
        yield Triple(thing, verb, other)
    elif verb == "locate":
        yield from stands(thing, preposition, other)
    elif (verb, preposition) in _NAMED:
        yield Triple(thing, _NAMED[verb, preposition], other)
    else:
        yield Triple(thing, "ReceivesAction", verb)
        yield from stands(thing, preposition, other)


def stands(thing: str, preposition: str, other: str) -> Iterator[Triple]:
    """How a thing stands to another: "in the street", "of the Earth". Others say nothing."""
    if preposition in PLACES:
        yield Triple(thing, "AtLocation", other)
    elif preposition == "of":
        part = thing.split()[-1] in _PARTS
        yield Triple(thing, "PartOf" if part else "of", other)
    elif preposition in _SAID:
        yield Triple(thing, _SAID[preposition], other)
