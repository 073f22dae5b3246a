"""The read side: known answers, an unhurried reference, threads, processes, damaged files."""

from __future__ import annotations

import gzip
import os
import pickle
import random
import sqlite3
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import platformdirs
import pytest

from knowledge.conftest import line, write_gzip
from rumorscope.errors import InputError
from rumorscope.knowledge import store as store_module
from rumorscope.knowledge.building import build_store
from rumorscope.knowledge.store import ConceptStore, Known, default_store
from rumorscope.post import Triple


def triples(found: tuple[Known, ...]) -> list[Triple]:
    return [known.triple for known in found]


def test_supporting_triples_share_head_and_relation_or_both_ends(store: ConceptStore) -> None:
    stars = Triple("telescope", "UsedFor", "look at stars")
    far = Triple("telescope", "UsedFor", "see far away")
    moon = Triple("telescope", "UsedFor", "watch moon")
    related = Triple("telescope", "RelatedTo", "star")
    assert triples(store.supporting(Triple("telescope", "UsedFor", "cook"))) == [stars, far, moon]
    assert triples(store.supporting(Triple("telescope", "UsedFor", "star"))) == [related, stars, far, moon]
    assert triples(store.supporting(moon)) == [moon, stars, far]  # the triple itself before heavier ones
    assert triples(store.supporting(moon, most=2)) == [moon, stars]
    assert store.supporting(Triple("telescope", "Causes", "cook")) == ()
    assert store.supporting(moon)[1] == Known(stars, 4.0, ("en", "en"))


def test_about_looks_in_both_directions(store: ConceptStore) -> None:
    assert triples(store.about("dog")) == [
        Triple("dog", "CapableOf", "bark"),
        Triple("dog", "IsA", "animal"),
        Triple("狗", "Synonym", "dog"),
    ]
    assert len(store.about("telescope", most=2)) == 2
    assert store.about("nothing") == ()


def test_a_store_says_what_it_holds(store: ConceptStore) -> None:
    assert store.languages == ("en", "zh")
    assert store.edges == 15
    assert store.relations["IsA"] == 8
    assert store.degree("en/telescope") == 6
    assert store.degree("en/chien") == 0
    assert [(source.lines, source.kept) for source in store.sources] == [(16, 15)]
    assert len(store.fingerprint) == 64


def test_look_ups_agree_with_reading_everything(tmp_path: Path) -> None:
    """A slow reference over a random graph, with equal weights and hubs."""
    chance = random.Random(0)
    rows = {}
    for _ in range(500):
        head, tail = int(12 * chance.random() ** 2), chance.randrange(12)
        rows[f"t{head}", chance.choice("ABC"), f"t{tail}"] = chance.choice([1.0, 2.0])
    text = [line(f"R{r}", f"en/{h}", f"en/{t}", w) for (h, r, t), w in rows.items()]
    build_store(write_gzip(tmp_path / "a.gz", text), tmp_path / "to")
    with ConceptStore(tmp_path / "to") as store:
        for head in range(12):
            for tail in range(12):
                asked = (f"t{head}", "A", f"t{tail}")
                shared = [
                    (row != asked, row[2] != asked[2], -weight, row[2], row[1])
                    for row, weight in rows.items()
                    if row[0] == asked[0] and (row[1] == asked[1] or row[2] == asked[2])
                ]
                expected = [Triple(asked[0], f"R{key[4]}", key[3]) for key in sorted(shared)][:5]
                assert triples(store.supporting(Triple(asked[0], "RA", asked[2]), 5)) == expected


def test_many_threads_may_ask_one_store(store: ConceptStore) -> None:
    asked = [Triple("telescope", "UsedFor", "star"), Triple("dog", "CapableOf", "fly")] * 500
    expected = [store.supporting(triple) for triple in asked]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(store.supporting, asked)) == expected


def test_a_pickled_store_opens_its_file_anew(store: ConceptStore) -> None:
    with pickle.loads(pickle.dumps(store)) as again:
        assert again.fingerprint == store.fingerprint
        assert again.about("dog") == store.about("dog")


def test_a_forked_process_opens_the_file_anew(store: ConceptStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pickle.loads(pickle.dumps(store)) as forked:
        before = forked._connection
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert forked.about("dog") == store.about("dog")
        assert forked._connection is not before
        before.close()
    monkeypatch.undo()


def _ask_after_fork(store: ConceptStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(store.about, ["dog"] * 40))
    os._exit(0 if all(one == found[0] != () for one in found) else 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_amid_queries_leaves_nothing_locked(store: ConceptStore) -> None:
    asking = threading.Event()

    def ask() -> None:
        while not asking.is_set():
            store.about("dog")

    context = get_context("fork")
    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(ask) for _ in range(2)]
        children = [context.Process(target=_ask_after_fork, args=(store,)) for _ in range(10)]
        for child in children:
            child.start()
        for child in children:
            child.join(20)
        asking.set()
        hanging = [child for child in children if child.is_alive()]
        for child in hanging:
            child.kill()
        assert hanging == []
        assert [child.exitcode for child in children] == [0] * 10
        assert [future.exception() for future in busy] == [None, None]


def test_a_fork_waits_for_the_query_at_work(store: ConceptStore) -> None:
    forked = threading.Event()

    def fork() -> None:
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)
        forked.set()

    thread = threading.Thread(target=fork)
    with warnings.catch_warnings(), store_module._LOCK:
        warnings.simplefilter("ignore", DeprecationWarning)
        thread.start()
        assert not forked.wait(0.2)
    thread.join(20)
    assert forked.is_set()


def test_no_more_than_so_many_terms_are_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = [f"common{number:02}" + "x" * (number % 2) for number in range(20)]
    lines = [line("IsA", f"en/{term}", "en/thing", 1.0) for term in terms]
    build_store(write_gzip(tmp_path / "common.gz", lines), tmp_path / "to")
    lengths = range(len("en/common00x"), len("en/common00x") + 1)
    with ConceptStore(tmp_path / "to") as store:
        odd = [(f"en/{term}", 1) for term in terms if term.endswith("x")]
        assert store.beginning("en/common", lengths, 100) == odd
        assert store.beginning("en/common", lengths, 3) == odd[:3]
        monkeypatch.setattr(store_module, "_MOST_SCANNED", 8)
        assert store.beginning("en/common", lengths, 100) == odd[:4]
        assert store.ending("en/x", lengths, 100) == sorted(odd, key=lambda found: found[0][::-1])[:8]


def test_an_open_store_outlives_its_replacement(published: Path, tmp_path: Path) -> None:
    build_store(published, tmp_path / "to")
    with ConceptStore(tmp_path / "to") as old:
        more = write_gzip(tmp_path / "more.gz", [line("IsA", "en/cat", "en/animal", 1.0)])
        build_store(more, tmp_path / "to")
        assert old.about("cat") == ()
        assert len(old.about("dog")) == 3
    with ConceptStore(tmp_path / "to") as new:
        assert len(new.about("cat")) == 1


def test_half_a_character_pair_is_nowhere_known(store: ConceptStore) -> None:
    assert store.supporting(Triple("dog\ud800", "\ud800", "\udfff")) == ()
    assert store.supporting(Triple("dog", "\ud800", "bark")) != ()
    assert store.about("\ud800") == ()


def test_nothing_can_be_written(store: ConceptStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM edges")


def test_a_missing_or_foreign_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no concept store at .*absent; make one with: rumorscope knowledge build"
    ):
        ConceptStore(tmp_path / "absent")
    (tmp_path / "text").write_text("not a database, and long enough to be told so" * 100)
    with pytest.raises(InputError, match="is no concept store"):
        ConceptStore(tmp_path / "text")
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE edges (head)")
    other.close()
    with pytest.raises(InputError, match="is no concept store"):
        ConceptStore(tmp_path / "other")


def test_another_format_is_told_apart(published: Path, tmp_path: Path) -> None:
    build_store(published, tmp_path / "to")
    later = sqlite3.connect(tmp_path / "to")
    later.execute("PRAGMA user_version = 9")
    later.close()
    with pytest.raises(InputError, match="has format 9, and this version reads 1"):
        ConceptStore(tmp_path / "to")


def test_a_damaged_store_is_an_error_of_the_file(published: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    build_store(published, to)
    data = to.read_bytes()
    to.write_bytes(data[:1024] + gzip.compress(data)[: len(data) // 2].ljust(len(data) - 1024, b"x"))
    with pytest.raises(InputError, match="is damaged"):
        ConceptStore(to)


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUMORSCOPE_KNOWLEDGE", str(tmp_path / "mine"))
    assert default_store() == tmp_path / "mine"
    monkeypatch.delenv("RUMORSCOPE_KNOWLEDGE")
    assert default_store() == platformdirs.user_data_path("rumorscope") / "knowledge.sqlite"
