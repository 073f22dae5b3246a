from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from rumorscope.service.review.export import CSV_COLUMNS, csv_rows, json_rows
from rumorscope.service.review.loading import read_verdicts
from rumorscope.service.review.store import ReviewStore
from service.review.filed import row, write


def exported(tmp_path: Path, identifier: str, note: str) -> ReviewStore:
    store = ReviewStore(tmp_path / "audit.sqlite")
    store.add("v.jsonl", read_verdicts(write(tmp_path / "v.jsonl", (row(identifier, 0.9),))))
    store.decide(1, "rumor", reviewer="R", note=note)
    return store


def test_lines_are_the_entries_whole(tmp_path: Path) -> None:
    store = exported(tmp_path, "帖子", "一张旧照片\nof 2015")
    assert [json.loads(line) for line in json_rows(store.entries())] == list(store.entries())


def test_a_table_has_a_row_an_entry(tmp_path: Path) -> None:
    store = exported(tmp_path, "7", 'says "old",\nsee the archive')
    (written,) = csv.DictReader(io.StringIO("".join(csv_rows(store.entries())), newline=""))
    assert tuple(written) == CSV_COLUMNS
    assert written["post_id"] == "7"
    assert written["rumor_probability"] == "0.9"
    assert written["note"] == 'says "old",\nsee the archive'
    assert written["error"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1"])
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    store = exported(tmp_path, text, text)
    (written,) = csv.DictReader(io.StringIO("".join(csv_rows(store.entries())), newline=""))
    assert written["post_id"] == f"'{text}"
    assert written["note"] == f"'{text}"
    assert float(written["rumor_probability"]) == 0.9  # numbers stay numbers
