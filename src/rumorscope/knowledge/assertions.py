"""Published lines → edges: ConceptNet 5.7's own form, the one of CN-100K, and a table of Chinese edges.

A parser takes one line, without its end, and gives an edge, or the reason why there is none. Every line is
untrusted.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import regex

from rumorscope.knowledge.terms import term_key

Edge = tuple[str, str, str, float]
"""Head and tail as the store writes terms, between them the relation; then the weight, above 0."""

Parser = Callable[[bytes], Edge | str]
"""An edge, or the reason why a line gives none."""

NO_CONCEPT = "an end is no concept (ConceptNet links to other sites)"
OTHER_LANGUAGE = "an end is in a language that was not chosen"
NEGATIVE = "marked as false (0 in the fourth column)"
BAD_COLUMNS = "the columns are not those of the form"
BAD_RELATION = "the relation is no name"
BAD_TERM = "an end is empty, too long, or holds control characters"
BAD_WEIGHT = "the weight is no number above 0"
BAD_TEXT = "not UTF-8"
EMPTY = "empty"
HEADER = "the header"

CONCEPTNET, TAB_SEPARATED, CHINESE_TABLE = "ConceptNet 5", "relation, head, tail", "Chinese edges"
_TABLE_HEADER = b",url,start,rel,end"
_RELATION = regex.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}(?:/[A-Za-z0-9_]{1,64})?")
_HAN = regex.compile(r"\p{Han}")
_WEIGHT = b'"weight": '
_CACHED = 1 << 16  # terms; a bound, whatever the file's length


def detect(lines: Iterable[bytes]) -> str | None:
    """The name of the form that the first lines of a file are in; None where it is none of them."""
    for line in lines:
        line = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
        columns = line.split(b"\t")
        if line == _TABLE_HEADER:
            return CHINESE_TABLE
        if len(columns) == 5 and columns[1].startswith(b"/r/"):
            return CONCEPTNET
        if len(columns) in (3, 4) and regex.fullmatch(rb"[A-Z][A-Za-z]*", columns[0]):
            return TAB_SEPARATED
    return None


def parser(form: str, languages: Sequence[str]) -> Parser:
    """What reads the lines of a form and keeps those edges of which both ends are in the languages."""
    parse = {CONCEPTNET: _conceptnet, TAB_SEPARATED: _tab_separated, CHINESE_TABLE: _chinese_table}[form]
    return parse(frozenset(languages))


def _conceptnet(languages: frozenset[str]) -> Parser:
    """`uri<TAB>/r/IsA<TAB>/c/en/dog/n<TAB>/c/en/animal<TAB>{…, "weight": 2.0}`; senses are merged."""
    chosen = tuple(f"/c/{language}/".encode() for language in languages)

    @lru_cache(_CACHED)
    def term(uri: bytes) -> str | None:
        _, _, language, text = uri.split(b"/", 4)[:4]
        return term_key(text.decode(), language.decode())

    @lru_cache(1024)
    def relation_name(uri: bytes) -> str | None:
        return _relation(uri.decode().removeprefix("/r/"))

    def parse(line: bytes) -> Edge | str:
        columns = line.split(b"\t")
        if len(columns) != 5:
            return BAD_COLUMNS if line.strip() else EMPTY
        _, relation, start, end, details = columns
        if not (start.startswith(chosen) and end.startswith(chosen)):
            return OTHER_LANGUAGE if start.startswith(b"/c/") and end.startswith(b"/c/") else NO_CONCEPT
        name, head, tail, weight = relation_name(relation), term(start), term(end), _weight(details)
        if name is None:
            return BAD_RELATION
        if head is None or tail is None:
            return BAD_TERM
        return BAD_WEIGHT if weight is None else (head, name, tail, weight)

    return _as_text(parse)


def _tab_separated(languages: frozenset[str]) -> Parser:
    """`relation<TAB>head<TAB>tail`, and perhaps 1 or 0: English, but for terms in Chinese characters."""
    language_of = lru_cache(_CACHED)(lambda text: "zh" if _HAN.search(text) else "en")

    def parse(line: bytes) -> Edge | str:
        columns = line.decode().rstrip("\r").split("\t")
        if len(columns) not in (3, 4):
            return BAD_COLUMNS if line.strip() else EMPTY
        if len(columns) == 4 and columns[3] != "1":
            return NEGATIVE if columns[3] == "0" else BAD_COLUMNS
        return _edge(columns[0], *((text, language_of(text)) for text in columns[1:3]), languages=languages)

    return _as_text(parse)


def _chinese_table(languages: frozenset[str]) -> Parser:
    """`number,"relation,head,tail",head,relation,tail`, with a header; both ends are taken as Chinese."""

    def parse(line: bytes) -> Edge | str:
        if line.rstrip(b"\r") == _TABLE_HEADER:
            return HEADER
        columns = next(csv.reader([line.decode().rstrip("\r")]), [])
        if len(columns) != 5:
            return BAD_COLUMNS if columns else EMPTY
        _, _, head, relation, tail = columns
        return _edge(relation, (head, "zh"), (tail, "zh"), languages=languages)

    return _as_text(parse)


def _as_text(parse: Parser) -> Parser:
    def checked(line: bytes) -> Edge | str:
        try:
            return parse(line)
        except UnicodeDecodeError:
            return BAD_TEXT
        except csv.Error:
            return BAD_COLUMNS

    return checked


def _edge(relation: str, *ends: tuple[str, str], languages: frozenset[str]) -> Edge | str:
    if any(language not in languages for _, language in ends):
        return OTHER_LANGUAGE
    name = _relation(relation)
    if name is None:
        return BAD_RELATION
    head, tail = (term_key(*end) for end in ends)
    return BAD_TERM if head is None or tail is None else (head, name, tail, 1.0)


def _relation(name: str) -> str | None:
    return name if _RELATION.fullmatch(name) else None


def _weight(details: bytes) -> float | None:
    try:
        return _above_zero(float(details[details.rindex(_WEIGHT) + len(_WEIGHT) : -1]))
    except ValueError:
        pass  # it does not stand last, as in the published file
    try:
        found = json.loads(details)
        return _above_zero(float(found["weight"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _above_zero(weight: float) -> float | None:
    return weight if 0 < weight < math.inf else None
