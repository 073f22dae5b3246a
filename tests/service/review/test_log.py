from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rumorscope.service.review.loading import read_verdicts
from rumorscope.service.review.log import START
from rumorscope.service.review.store import ReviewStore
from service.review.filed import CHECKPOINT, write


@pytest.fixture
def store(tmp_path: Path) -> ReviewStore:
    store = ReviewStore(tmp_path / "audit.sqlite")
    store.add("verdicts.jsonl", read_verdicts(write(tmp_path / "v.jsonl")))
    store.add_texts(1, [("near", "大桥垮塌")])
    store.decide(1, "rumor", reviewer="Reviewer One", note="an old photograph")
    store.decide(2, "cannot_tell", reviewer="Reviewer Two")
    store.decide(1, "non_rumor", reviewer="Reviewer Two")
    return store


@pytest.fixture
def file(store: ReviewStore) -> Iterator[sqlite3.Connection]:
    """The file, as somebody else opens it."""
    connection = sqlite3.connect(store.path, isolation_level=None)
    yield connection
    connection.close()


def test_an_entry_holds_the_verdict_as_it_stood(store: ReviewStore, tmp_path: Path) -> None:
    first, second, _ = store.entries()
    assert first["verdict"]["rumor_probability"] == 0.97
    assert first["verdict"]["checkpoint"] == CHECKPOINT
    assert first["file_sha256"] == hashlib.sha256((tmp_path / "v.jsonl").read_bytes()).hexdigest()
    assert first["text_sha256"] is None
    assert second["text_sha256"] == hashlib.sha256("大桥垮塌".encode()).hexdigest()
    assert first["time"].endswith("+00:00")


def test_the_chain_can_be_followed_with_nothing_but_sha256(store: ReviewStore) -> None:
    previous = START
    for entry in store.entries():
        fields = {name: value for name, value in entry.items() if name != "hash"}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry["previous"] == previous
        assert entry["hash"] == hashlib.sha256(text.encode()).hexdigest()
        previous = entry["hash"]
    check = store.verify()
    assert (check.entries, check.head, check.broken) == (3, previous, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET decision = 'rumor' WHERE entry = 3",
        "DELETE FROM decisions WHERE entry = 3",
        "DELETE FROM decisions",
        "INSERT OR REPLACE INTO decisions SELECT * FROM decisions WHERE entry = 1",
        "REPLACE INTO decisions SELECT * FROM decisions WHERE entry = 1",
    ],
)
def test_the_file_itself_refuses_to_change_an_entry(
    store: ReviewStore, file: sqlite3.Connection, statement: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="audit log is never"):
        file.execute(statement)
    assert store.verify().broken is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE decisions SET decision = 'rumor' WHERE entry = 3", 3),
        ("UPDATE decisions SET note = '' WHERE entry = 1", 1),
        ("UPDATE decisions SET time = '2020-01-01T00:00:00.000+00:00' WHERE entry = 2", 2),
        ("UPDATE decisions SET verdict = replace(verdict, '0.62', '0.52') WHERE entry = 2", 2),
        ("DELETE FROM decisions WHERE entry = 1", 1),
        ("DELETE FROM decisions WHERE entry = 2", 2),
        ("DELETE FROM decisions WHERE entry = 3", 3),
        ("DELETE FROM decisions", 1),
    ],
)
def test_what_is_changed_past_the_triggers_is_found(
    store: ReviewStore, file: sqlite3.Connection, statement: str, broken: int
) -> None:
    for trigger in ("no_change", "no_removal", "no_replacement"):
        file.execute(f"DROP TRIGGER {trigger}")
    file.execute(statement)
    assert store.verify().broken == broken


def test_an_empty_log_is_intact(tmp_path: Path) -> None:
    check = ReviewStore(tmp_path / "audit.sqlite").verify()
    assert (check.entries, check.head, check.broken) == (0, START, None)
