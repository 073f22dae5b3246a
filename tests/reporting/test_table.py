from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import pytest

from rumorscope.evaluation.bootstrap import Interval
from rumorscope.evaluation.significance import SeedEstimate
from rumorscope.reporting.table import Column, Table, as_markdown, markdown_text, number, show, write_csv

ESTIMATE = SeedEstimate(0.7312345, Interval(0.6, 0.8), 0.0109, 5)


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (ESTIMATE, "estimate", "0.731 ± 0.011 (0.600 – 0.800)"),
        (SeedEstimate(0.5, None, None, 1, "one cluster"), "estimate", "0.500"),
        (SeedEstimate(None, None, None, 1, "one class"), "estimate", "– (one class)"),
        (Interval(-0.1, 0.25), "interval", "−0.100 – 0.250"),
        (0.0004, "chance", "< 0.001"),
        (0.0312, "chance", "0.031"),
        (0.25, "signed", "+0.250"),
        (-0.25, "signed", "−0.250"),
        (0.0, "signed", "0.000"),
        (1117, "count", "1,117"),
        (361.4, "count", "361.4"),
        (None, "number", "–"),
        ("", "text", ""),
    ],
)
def test_values_for_people(value: object, kind: str, shown: str) -> None:
    assert show(value, kind) == shown  # type: ignore[arg-type]


def test_nothing_is_never_negative() -> None:
    assert number(-0.0001) == "0.000"


def table(*rows: tuple[object, ...]) -> Table:
    columns = (Column("detector", "row"), Column("accuracy", "accuracy", "estimate"),
               Column("apart", "apart", "interval"), Column("posts", "posts", "count"))  # fmt: skip
    return Table("results", "A caption", columns, rows)


def test_csv_keeps_every_digit(tmp_path: Path) -> None:
    rows = [
        ("micc", ESTIMATE, Interval(1 / 3, 2 / 3), 1117),
        ('a, "b"\n<c>', SeedEstimate(None, None, None, 1), None, 3),
    ]
    write_csv(tmp_path / "t.csv", [("twitter", table(*rows))])
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert float(first["accuracy"]) == ESTIMATE.mean
    assert float(first["accuracy_seed_deviation"]) == ESTIMATE.seed_deviation
    assert (float(first["apart_low"]), float(first["apart_high"])) == (1 / 3, 2 / 3)
    assert (first["data"], first["row"], first["posts"]) == ("twitter", "micc", "1117")
    assert second["row"] == 'a, "b"\n<c>'
    assert second["accuracy"] == second["accuracy_low"] == second["apart_low"] == ""


def test_csv_joins_tables_of_other_columns(tmp_path: Path) -> None:
    tables = [
        Table("t", "", (Column("event", "event"), Column(name, name, "number")), (("e", 0.5),))
        for name in "ab"
    ]
    write_csv(tmp_path / "t.csv", list(zip(("one", "two"), tables, strict=True)))
    assert (tmp_path / "t.csv").read_text().split() == ["data,event,a,b", "one,e,0.5,", "two,e,,0.5"]


def unescaped(cell: str) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", cell))


def test_markdown_holds_what_the_table_shows() -> None:
    hostile = "a|b <script>`x`</script> [c](http://d) *e*\nnext &lt;"
    made = table((hostile, ESTIMATE, None, 3))
    lines = as_markdown(made).splitlines()
    head, rule, row = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:5])
    assert [cell.strip() for cell in head] == ["detector", "accuracy", "apart", "posts"]
    assert len(rule) == len(row) == 4
    assert [unescaped(cell.strip()) for cell in row] == [hostile.replace("\n", " "), *made.shown()[0][1:]]
    assert "<" not in lines[4]


def test_markdown_text_is_one_line() -> None:
    assert markdown_text("a\n\n# b") == r"a \# b"
