from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rumorscope.errors import InputError
from rumorscope.service.review.loading import read_verdicts
from rumorscope.service.review.store import Order, ReviewStore, Show
from service.review.filed import ROWS, row, write


@pytest.fixture
def store(tmp_path: Path) -> ReviewStore:
    store = ReviewStore(tmp_path / "audit.sqlite")
    store.add("verdicts.jsonl", read_verdicts(write(tmp_path / "v.jsonl", (*ROWS, "{"))))
    return store


def ids(
    store: ReviewStore, order: Order = "uncertainty", show: Show = "all", page: int = 1, size: int = 9
) -> list[str]:
    found = store.page(file=None, order=order, show=show, page=page, size=size)
    return [item.verdict.id for item in found.items]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("uncertainty", ["torn", "near", "sure", "calm", "cut"]),
        ("probability", ["sure", "near", "torn", "calm", "cut"]),
        ("filed", ["sure", "near", "torn", "calm", "cut"]),
    ],
)
def test_the_queue_is_ordered(store: ReviewStore, order: Order, expected: list[str]) -> None:
    assert ids(store, order) == expected


def test_an_undecided_one_stands_before_one_nearer_to_the_threshold(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path / "audit.sqlite")
    rows = (row("decided", 0.51, abstained=None), row("undecided", 0.41))
    store.add("v.jsonl", read_verdicts(write(tmp_path / "v.jsonl", rows)))
    assert ids(store) == ["undecided", "decided"]


def test_pages_hold_every_item_once(store: ReviewStore) -> None:
    pages = [ids(store, page=page, size=2) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [identifier for page in pages for identifier in page] == ids(store)
    assert store.page(file=None, order="filed", show="all", page=2, size=2).total == 5


def test_what_is_shown(store: ReviewStore) -> None:
    store.decide(1, "rumor", reviewer="R")
    assert ids(store, show="open") == ["torn", "near", "calm", "cut"]
    assert ids(store, show="reviewed") == ["sure"]
    assert ids(store, show="undecided") == ["torn"]
    assert ids(store, show="errors") == ["cut"]


def test_a_file_is_accounted_for(store: ReviewStore) -> None:
    (file,) = store.files()
    assert (file.name, file.rows, file.bad, file.texts, file.reviewed) == ("verdicts.jsonl", 5, 1, 0, 0)
    assert file.bad_rows[0].place == "line 6"


def test_a_file_loaded_twice_stays_once_with_its_decisions(store: ReviewStore, tmp_path: Path) -> None:
    store.decide(1, "rumor", reviewer="R")
    again = store.add("other.jsonl", read_verdicts(tmp_path / "v.jsonl"))
    assert again == 1
    assert [file.reviewed for file in store.files()] == [1]


def test_texts_join_by_id_and_are_not_replaced(store: ReviewStore) -> None:
    store.add_texts(1, [("near", "Shark!"), ("unknown", "?")])
    store.add_texts(1, [("near", "another text")])
    texts = {
        item.verdict.id: item.text
        for item in store.page(file=1, order="filed", show="all", page=1, size=9).items
    }
    assert texts == {"sure": None, "near": "Shark!", "torn": None, "calm": None, "cut": None}
    assert store.file(1).texts == 1


def test_a_later_decision_stands_and_the_earlier_one_stays(store: ReviewStore) -> None:
    store.decide(2, "rumor", reviewer="R", note="seen before")
    store.decide(2, "non_rumor", reviewer="S")
    (item,) = store.page(file=None, order="filed", show="reviewed", page=1, size=9).items
    assert item.decision is not None
    assert (item.decision["decision"], item.decision["reviewer"], item.earlier) == ("non_rumor", "S", 1)
    assert [entry["decision"] for entry in store.entries()] == ["rumor", "non_rumor"]


def test_an_item_or_a_file_that_is_not_there_is_an_error(store: ReviewStore) -> None:
    with pytest.raises(InputError, match="no item 99"):
        store.decide(99, "rumor", reviewer="R")
    with pytest.raises(InputError, match="no file 99"):
        store.file(99)


def test_threads_write_one_chain(store: ReviewStore) -> None:
    def decide(number: int) -> int:
        return int(store.decide(1 + number % 5, "rumor", reviewer=f"R{number}")["entry"])

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(decide, range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert store.verify().entries == 24
    assert store.verify().broken is None


def test_a_streamed_answer_may_go_from_thread_to_thread(store: ReviewStore) -> None:
    for item in (1, 2, 3):
        store.decide(item, "rumor", reviewer="R")
    entries = store.entries()
    found = []
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            found.append(pool.submit(next, entries).result()["entry"])
    assert found == [1, 2, 3]


def test_another_store_over_the_same_file_goes_on(store: ReviewStore) -> None:
    store.decide(1, "rumor", reviewer="R")
    assert ReviewStore(store.path).decide(1, "rumor", reviewer="R")["entry"] == 2


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are my notes, and no data base at all, whatever its name may say" * 20)
    with pytest.raises(InputError, match="cannot use"):
        ReviewStore(text)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(InputError, match="no review queue"):
        ReviewStore(other)
    with pytest.raises(InputError, match="cannot use"):
        ReviewStore(tmp_path / "missing" / "audit.sqlite")
