"""Builds: what is kept and merged, kills, repetitions, other files in the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from knowledge.conftest import FACTS, line, write_gzip
from rumorscope.errors import InputError
from rumorscope.knowledge import lines, staging
from rumorscope.knowledge.assertions import NEGATIVE, NO_CONCEPT, OTHER_LANGUAGE
from rumorscope.knowledge.building import build_store
from rumorscope.knowledge.store import ConceptStore
from rumorscope.knowledge.terms import term_key
from rumorscope.post import Triple

Edges = list[tuple[object, ...]]


def edges(path: Path) -> Edges:
    with sqlite3.connect(path) as connection:
        found = connection.execute(
            "SELECT head, relation, tail, weight FROM edges ORDER BY 1, 2, 3"
        ).fetchall()
    connection.close()
    return found


def test_every_line_is_accounted_for(tmp_path: Path) -> None:
    text = [line(*fact) for fact in FACTS] + ["", "cut off", line("IsA", "en/dog", "en/animal", 5.0)]
    text.append(line("ExternalURL", "en/dog", "en/x", 1.0).replace("/c/en/x", "http://x"))
    account = build_store(write_gzip(tmp_path / "a.gz", text), tmp_path / "to")
    (file,) = account.files
    assert file.counts == {
        "kept": len(FACTS),
        OTHER_LANGUAGE: 1,
        "empty": 1,
        "the columns are not those of the form": 1,
        NO_CONCEPT: 1,
    }
    assert file.lines == len(text)
    assert account.edges == len(FACTS) - 1  # one edge stands twice
    assert ("en/dog", "IsA", "en/animal", 5.0) in edges(tmp_path / "to")  # the greatest weight counts


def test_both_ends_must_be_in_the_languages(published: Path, tmp_path: Path) -> None:
    build_store(published, tmp_path / "en", ["en"])
    build_store(published, tmp_path / "all", ["fr", "zh", "en"])
    assert not any("zh/" in f"{edge}" for edge in edges(tmp_path / "en"))
    assert ("zh/狗", "Synonym", "en/dog", 1.5) in edges(tmp_path / "all")
    assert len(edges(tmp_path / "all")) == len(FACTS)
    assert ConceptStore(tmp_path / "all").languages == ("en", "fr", "zh")


def test_a_folder_of_triples_with_negatives_and_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "triples"
    folder.mkdir()
    (folder / "train.txt").write_text("IsA\tdog\tanimal\nIsA\tdog\tpet\n")
    (folder / "dev.txt").write_text("IsA\tdog\tpet\t1\nIsA\tdog\tplanet\t0\n")
    (folder / "copy.txt").write_text("IsA\tdog\tanimal\nIsA\tdog\tpet\n")
    (folder / "zh.csv").write_text(',url,start,rel,end\n0,"Antonym,上,下",上,Antonym,下\n', encoding="utf-8")
    (folder / "LICENSE").write_text("Share alike.\n")
    account = build_store(folder, tmp_path / "to")
    assert account.ignored == ["LICENSE"]
    assert [file.name for file in account.files] == ["copy.txt", "dev.txt", "zh.csv"]  # each content once
    assert account.files[1].counts == {"kept": 1, NEGATIVE: 1}
    assert [edge[:3] for edge in edges(tmp_path / "to")] == [
        ("en/dog", "IsA", "en/animal"),
        ("en/dog", "IsA", "en/pet"),
        ("zh/上", "Antonym", "zh/下"),
    ]


def test_the_same_again_changes_nothing(published: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    first = build_store(published, to)
    before = (to.read_bytes(), to.stat().st_mtime_ns)
    again = build_store(published, to)
    assert again.unchanged
    assert not first.unchanged
    assert (again.edges, again.terms) == (first.edges, first.terms)
    assert (to.read_bytes(), to.stat().st_mtime_ns) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".to.lock", "to"]


def test_another_file_adds_to_the_store(tmp_path: Path) -> None:
    halves = [write_gzip(tmp_path / f"{n}.gz", [line(*fact) for fact in FACTS[n::2]]) for n in (0, 1)]
    whole = write_gzip(tmp_path / "whole.gz", [line(*fact) for fact in FACTS])
    for one in halves:
        build_store(one, tmp_path / "forth")
    for one in reversed(halves):
        build_store(one, tmp_path / "back")
    build_store(whole, tmp_path / "whole")
    assert edges(tmp_path / "forth") == edges(tmp_path / "back") == edges(tmp_path / "whole")
    forth, back, other = (ConceptStore(tmp_path / name) for name in ("forth", "back", "whole"))
    assert [source.name for source in forth.sources] == ["0.gz", "1.gz"]
    assert forth.fingerprint == back.fingerprint != other.fingerprint


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.fixture
def long_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of many blocks, with a commit every 50 lines."""
    monkeypatch.setattr(lines, "_BLOCK", 1000)
    monkeypatch.setattr(staging, "_COMMIT_EVERY", 50)
    return write_gzip(
        tmp_path / "long.gz", [line("IsA", f"en/t{n}", f"en/u{n % 7}", 1.0) for n in range(600)]
    )


@pytest.mark.parametrize("killed_after", [1, 60, 599, 600])
def test_a_killed_build_goes_on(
    long_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    def kill(_what: str, read: int, *_: object) -> None:
        if read >= killed_after:
            raise Killed

    to, straight = tmp_path / "to", tmp_path / "straight"
    with pytest.raises(Killed):
        build_store(long_file, to, tell=kill)
    assert not to.exists()
    account = build_store(long_file, to)
    assert account.resumed_at <= killed_after + 10
    assert account.resumed_at > 0 or killed_after == 1
    assert account.files[0].counts == {"kept": 600}
    assert account.lines_read == 600 - account.resumed_at
    build_store(long_file, straight)
    assert edges(to) == edges(straight)
    assert len(edges(to)) == 600
    assert {path.name for path in tmp_path.iterdir()} == {
        "long.gz",
        "to",
        ".to.lock",
        "straight",
        ".straight.lock",
    }


_DIE = """
import os, signal, sys
from pathlib import Path
from rumorscope.knowledge import building, lines, staging

def die(what, read, *_):
    if read >= 300:
        os.kill(os.getpid(), signal.SIGKILL)

lines._BLOCK, staging._COMMIT_EVERY = 1000, 50
building.build_store(Path(sys.argv[1]), Path(sys.argv[2]), tell=die)
"""


def test_a_process_that_is_killed_loses_little(long_file: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    command = [sys.executable, "-c", _DIE, str(long_file), str(to)]
    assert subprocess.run(command, env=os.environ, check=False).returncode == -signal.SIGKILL
    assert not to.exists()
    account = build_store(long_file, to)
    assert 250 <= account.resumed_at < 310  # a commit every 50 lines, blocks of fewer than 10
    assert len(edges(to)) == 600


def test_a_kill_of_the_last_step_leaves_the_store_as_it_was(
    published: Path, long_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "to"
    build_store(published, to)
    before = to.read_bytes()

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(Killed):
            build_store(long_file, to)
    assert to.read_bytes() == before
    account = build_store(long_file, to)
    assert account.resumed_at == 600
    assert account.edges == 600 + len(FACTS) - 1


def test_staged_edges_of_another_build_are_not_mixed_in(
    published: Path, long_file: Path, tmp_path: Path
) -> None:
    def kill(*_: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        build_store(long_file, tmp_path / "to", tell=kill)
    account = build_store(published, tmp_path / "to")
    assert account.resumed_at == 0
    assert account.edges == len(FACTS) - 1


def test_unreadable_staged_edges_are_read_anew(published: Path, tmp_path: Path) -> None:
    (tmp_path / ".to.staged").write_bytes(b"no database" * 1000)
    assert build_store(published, tmp_path / "to").edges == len(FACTS) - 1


def test_two_processes_do_not_build_one_store(published: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / ".to.lock"), pytest.raises(InputError, match="another process is building"):
        build_store(published, tmp_path / "to")


def test_one_that_waits_for_the_lock_shares_it_with_those_that_come_later(tmp_path: Path) -> None:
    waiting = FileLock(tmp_path / ".to.lock")
    with staging.Staging(tmp_path / "to", "key"):
        opened = (tmp_path / ".to.lock").stat().st_ino
    assert (tmp_path / ".to.lock").stat().st_ino == opened
    with (
        waiting,
        pytest.raises(InputError, match="another process is building"),
        staging.Staging(tmp_path / "to", "key"),
    ):
        pass


def test_a_store_that_another_process_has_just_built_is_not_lost(
    published: Path, long_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, enter = tmp_path / "to", staging.Staging.__enter__

    def enter_late(self: staging.Staging) -> staging.Staging:
        monkeypatch.undo()
        build_store(published, to)
        return enter(self)

    monkeypatch.setattr(staging.Staging, "__enter__", enter_late)
    with pytest.raises(InputError, match="another process has just built"):
        build_store(long_file, to)
    assert build_store(long_file, to).edges == 600 + len(FACTS) - 1


@pytest.mark.parametrize(
    ("content", "languages", "message"),
    [
        (b"hello\nworld\n", ["en"], "no assertions in a form that is known"),
        (b"", ["en"], "no assertions in a form that is known"),
        (b"IsA\tdog\tpet\n", ["zh"], "holds no assertion in zh .1 lines: an end is in a language"),
        (b"IsA\tdog\tpet\n", ["English"], "'English' is no language code"),
        (b"IsA\tdog\tpet\n", ["../en"], "is no language code"),
    ],
)
def test_what_cannot_be_built_is_an_error_and_leaves_no_store(
    tmp_path: Path, content: bytes, languages: Sequence[str], message: str
) -> None:
    (tmp_path / "source").write_bytes(content)
    with pytest.raises(InputError, match=message):
        build_store(tmp_path / "source", tmp_path / "to", languages)
    assert not (tmp_path / "to").exists()


def test_a_damaged_download_keeps_what_stood_there(published: Path, tmp_path: Path) -> None:
    build_store(published, tmp_path / "to")
    before = (tmp_path / "to").read_bytes()
    cut = write_gzip(tmp_path / "cut.gz", [line(*fact) for fact in FACTS[:3]]).read_bytes()
    (tmp_path / "cut.gz").write_bytes(cut[:-10])
    with pytest.raises(InputError, match="damaged or cut off"):
        build_store(tmp_path / "cut.gz", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == before


def test_other_files_and_other_languages_are_refused(published: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError, match="is no concept store"):
        build_store(published, tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"
    build_store(published, tmp_path / "en", ["en"])
    with pytest.raises(InputError, match="holds the languages en, not en,zh"):
        build_store(published, tmp_path / "en")
    with pytest.raises(InputError, match="does not exist"):
        build_store(tmp_path / "absent", tmp_path / "to")


def test_published_triples(real_data: Path, tmp_path: Path) -> None:
    account = build_store(real_data / "conceptnet", tmp_path / "to")
    kept = {file.name: file.kept for file in account.files}
    assert kept == {
        "dev1.txt": 600,
        "dev2.txt": 600,
        "test.txt": 1200,
        "train.txt": 100_000,
        "valid.txt": 1200,
        "zh_omcs.csv": 21_341,
    }
    assert account.files[0].counts[NEGATIVE] == account.files[1].counts[NEGATIVE] == 600
    assert (account.edges, account.terms) == _counted(real_data / "conceptnet") == (113_225, 92_571)
    with ConceptStore(tmp_path / "to") as store:
        assert store.edges == account.edges == sum(store.relations.values())
        assert Triple("baseball", "IsA", "sport") in {known.triple for known in store.about("baseball")}
        assert Triple("上", "Antonym", "下") in {known.triple for known in store.about("上")}


def _counted(folder: Path) -> tuple[int, int]:
    """Distinct edges and terms, counted in memory from the published columns."""
    rows = set()
    for path in folder.glob("*.txt"):
        for text in path.read_text(encoding="utf-8").splitlines():
            relation, head, tail, *label = text.split("\t")
            if label != ["0"]:
                rows.add((term_key(head, "en"), relation, term_key(tail, "en")))
    for text in (folder / "zh_omcs.csv").read_text(encoding="utf-8").splitlines()[1:]:
        head, relation, tail = text.rsplit(",", 3)[1:]
        rows.add((term_key(head, "zh"), relation, term_key(tail, "zh")))
    return len(rows), len({end for head, _, tail in rows for end in (head, tail)})
