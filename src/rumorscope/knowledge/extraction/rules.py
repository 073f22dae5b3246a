"""Triples by rules: no model, no network, English and Chinese. What is claimed indirectly is not found."""

from __future__ import annotations

import regex

from rumorscope.data.text import clean_text
from rumorscope.knowledge.extraction import _chinese, _english
from rumorscope.knowledge.extraction._english_words import BE, DETERMINERS, HAVE, PREPOSITIONS
from rumorscope.knowledge.extraction._interface import Extraction, TripleExtractor

_HAN = regex.compile(r"\p{Han}")
_LATIN = regex.compile(r"\p{Latin}")
_LETTER = regex.compile(r"\w")
_MARKS = regex.compile(r"[@＠]\w+(?:['’]s\b)?|#|＃|\bRT\b|\p{Extended_Pictographic}")
_TAG_SIGNS = ("#", "＃")
_OPEN = PREPOSITIONS | DETERMINERS | BE | HAVE  # words that wait for another


class RuleExtractor(TripleExtractor):
    """Reads a text as English or as Chinese, by its script."""

    def _extract(self, text: str, language: str | None) -> Extraction:
        cleaned = _MARKS.sub(" ", _without_topics(clean_text(text)))
        chinese = len(_HAN.findall(cleaned)) * 2 > len(_LATIN.findall(cleaned))
        return Extraction(tuple((_chinese if chinese else _english).triples(cleaned)))


def _without_topics(text: str) -> str:
    """Tags at a text's end name its topics: each apart, but for one that completes "pic of #Sandy"."""
    words = text.split()
    end = len(words)
    while end and (words[end - 1].startswith(_TAG_SIGNS) or not _LETTER.search(words[end - 1])):
        end -= 1
    joint = " " if end and words[end - 1].lower() in _OPEN else " | "
    return " ".join(words[:end]) + joint + " | ".join(words[end:])
