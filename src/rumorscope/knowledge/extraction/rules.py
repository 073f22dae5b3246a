"""Triples by rules: no model, no network, English and Chinese. What is claimed indirectly is not found."""

from __future__ import annotations

import regex

from rumorscope.data.text import clean_text
from rumorscope.knowledge.extraction import _chinese, _english
from rumorscope.knowledge.extraction._interface import Extraction, TripleExtractor

_HAN = regex.compile(r"\p{Han}")
_LATIN = regex.compile(r"\p{Latin}")
_MARKS = regex.compile(r"[@＠]\w+|#|＃|\bRT\b|\p{Extended_Pictographic}")


class RuleExtractor(TripleExtractor):
    """Reads a text as English or as Chinese, by its script."""

    def _extract(self, text: str, language: str | None) -> Extraction:
        cleaned = _MARKS.sub(" ", clean_text(text))
        chinese = len(_HAN.findall(cleaned)) * 2 > len(_LATIN.findall(cleaned))
        return Extraction(tuple((_chinese if chinese else _english).triples(cleaned)))
