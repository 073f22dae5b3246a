"""Lines → edges: every form, and every reason for leaving a line out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.knowledge import assertions
from rumorscope.knowledge.assertions import CHINESE_TABLE, CONCEPTNET, TAB_SEPARATED, detect, parser

DETAILS = b'{"dataset": "/d/x", "weight": 2.5}'


def conceptnet(start: bytes, end: bytes, relation: bytes = b"/r/IsA", details: bytes = DETAILS) -> bytes:
    return b"\t".join([b"/a/[...]", relation, start, end, details])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (conceptnet(b"/c/en/dog", b"/c/en/animal"), ("en/dog", "IsA", "en/animal", 2.5)),
        (conceptnet(b"/c/en/dog/n/wn/animal", b"/c/en/a_pet"), ("en/dog", "IsA", "en/pet", 2.5)),
        (conceptnet("/c/zh/狗".encode(), b"/c/en/dog/n"), ("zh/狗", "IsA", "en/dog", 2.5)),
        (
            conceptnet(b"/c/en/x", b"/c/en/y", b"/r/dbpedia/genre"),
            ("en/x", "dbpedia/genre", "en/y", 2.5),
        ),
        (
            conceptnet(b"/c/en/x", b"/c/en/y", details=b'{"weight": 3, "license": "x"}'),
            ("en/x", "IsA", "en/y", 3.0),
        ),
        (conceptnet(b"/c/en/dog", b"/c/fr/animal"), assertions.OTHER_LANGUAGE),
        (conceptnet(b"/c/en/dog", b"/c/enm/dogge"), assertions.OTHER_LANGUAGE),
        (conceptnet(b"/c/en/dog", b"http://dbpedia.org/x"), assertions.NO_CONCEPT),
        (conceptnet(b"/c/en/dog", b"/c/en/"), assertions.BAD_TERM),
        (conceptnet(b"/c/en/dog", b"/c/en/" + b"x" * 201), assertions.BAD_TERM),
        (conceptnet(b"/c/en/dog", b"/c/en/\x1b[31m"), assertions.BAD_TERM),
        (conceptnet(b"/c/en/dog", b"/c/en/\xff"), assertions.BAD_TEXT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", b"/r/Is A"), assertions.BAD_RELATION),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b'{"weight": 0}'), assertions.BAD_WEIGHT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b'{"weight": NaN}'), assertions.BAD_WEIGHT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b'{"weight": 1e999}'), assertions.BAD_WEIGHT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b'{"weight": "heavy"}'), assertions.BAD_WEIGHT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b"[" * 100_000), assertions.BAD_WEIGHT),
        (conceptnet(b"/c/en/dog", b"/c/en/pet", details=b""), assertions.BAD_WEIGHT),
        (b"/a/x\t/r/IsA\t/c/en/dog", assertions.BAD_COLUMNS),
        (b"", assertions.EMPTY),
    ],
)
def test_a_line_of_conceptnet(line: bytes, expected: object) -> None:
    assert parser(CONCEPTNET, ["en", "zh"])(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"IsA\tbaseball\tsport", ("en/baseball", "IsA", "en/sport", 1.0)),
        (b"IsA\tThe Baseball \ta  sport\r", ("en/baseball", "IsA", "en/sport", 1.0)),
        (b"IsA\tbaseball\tsport\t1", ("en/baseball", "IsA", "en/sport", 1.0)),
        (b"IsA\tbaseball\tsport\t0", assertions.NEGATIVE),
        (b"IsA\tbaseball\tsport\tmaybe", assertions.BAD_COLUMNS),
        ("IsA\t狗\t动物".encode(), assertions.OTHER_LANGUAGE),
        (b"IsA\t\tsport", assertions.BAD_TERM),
        (b"not one\tbaseball\tsport", assertions.BAD_RELATION),
        (b"IsA\tbaseball", assertions.BAD_COLUMNS),
        (b"IsA\t\xff\tsport", assertions.BAD_TEXT),
        (b"  ", assertions.EMPTY),
    ],
)
def test_a_line_of_cn_100k(line: bytes, expected: object) -> None:
    assert parser(TAB_SEPARATED, ["en"])(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('0,"Antonym,上,下",上,Antonym,下', ("zh/上", "Antonym", "zh/下", 1.0)),
        (",url,start,rel,end", assertions.HEADER),
        ("0,上,Antonym,下", assertions.BAD_COLUMNS),
        ('0,"Antonym,上,下",上,反义,下', assertions.BAD_RELATION),
        ("", assertions.EMPTY),
        ("0,\0,上,Antonym,下", ("zh/上", "Antonym", "zh/下", 1.0)),
    ],
)
def test_a_line_of_the_chinese_table(line: str, expected: object) -> None:
    assert parser(CHINESE_TABLE, ["zh"])(line.encode()) == expected


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (conceptnet(b"/c/en/dog", b"/c/en/animal"), CONCEPTNET),
        (b"IsA\tbaseball\tsport\n", TAB_SEPARATED),
        (b"\xef\xbb\xbfIsA\tbaseball\tsport\t1\r\n", TAB_SEPARATED),
        (b",url,start,rel,end\r\n", CHINESE_TABLE),
        (b"id\ttext\tlabel", None),
        (b"a,b,c", None),
    ],
)
def test_a_form_shows_in_the_first_lines(line: bytes, form: str | None) -> None:
    assert detect([line]) == form
    assert detect([b"", b"?", line]) == form


@given(st.binary(max_size=60), st.sampled_from([CONCEPTNET, TAB_SEPARATED, CHINESE_TABLE]))
def test_any_bytes_give_an_edge_or_a_reason(line: bytes, form: str) -> None:
    found = parser(form, ["en", "zh"])(line)
    assert isinstance(found, str) or (len(found) == 4 and found[3] > 0)
