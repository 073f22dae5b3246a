"""Published files → one concept store, which appears whole, and goes on after a kill.

Lines are read into a file of unsorted edges beside the store, `.NAME.staged`, which remembers after every
100,000 or so where it stands. A build that was killed goes on there: a compressed file is decompressed anew
up to that place, which takes a small part of the time of reading it. The last step sorts the edges, merges
equal ones (the greatest weight counts), and writes the store as `.NAME.partial` before it takes its place;
killed there, it begins that step anew.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import regex

from rumorscope.errors import InputError
from rumorscope.knowledge import assertions
from rumorscope.knowledge.lines import LONGEST, LineReader, opened, sha256
from rumorscope.knowledge.staging import Staging
from rumorscope.knowledge.store import FORMAT, ConceptStore, Source
from rumorscope.knowledge.writing import write_store

LANGUAGES = ("en", "zh")
TOO_LONG = f"longer than {LONGEST:,} bytes"

Tell = Callable[[str, int, float, int, int], None]
"""Called after every block: step or file, lines, lines a second, bytes done, bytes in all (0: unknown)."""


@dataclass
class FileAccount:
    """What became of one file's lines."""

    name: str
    form: str
    known: bool  # the store was made from it before
    counts: Counter[str] = field(default_factory=Counter)  # kept, and the reason for each that was not

    @property
    def lines(self) -> int:
        return self.counts.total()

    @property
    def kept(self) -> int:
        return self.counts["kept"]


@dataclass
class Account:
    """What a build has read and written."""

    files: list[FileAccount]
    ignored: list[str]  # files of a folder that hold no assertions
    edges: int
    terms: int
    resumed_at: int = 0  # lines that an earlier, killed build had read
    started: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0

    @property
    def lines_read(self) -> int:
        """By this build, not by an earlier one that was killed."""
        return sum(file.lines for file in self.files) - self.resumed_at

    @property
    def rate(self) -> float:
        """Lines a second, sorting included once that is done."""
        return self.lines_read / (self.seconds or time.perf_counter() - self.started)

    @property
    def unchanged(self) -> bool:
        return all(file.known for file in self.files)


@dataclass(frozen=True)
class _Published:
    path: Path
    name: str
    form: str
    sha256: str


def build_store(
    source: Path, to: Path, languages: Sequence[str] = LANGUAGES, tell: Tell = lambda *_: None
) -> Account:
    """Bring a file, or a folder's files, into the store at `to`, beside what it holds already.

    A file that the store was made from adds nothing, and where there is no other, the store is left as it is.
    Raises InputError where `source` holds no assertions in a known form, none in the languages, is damaged,
    or where `to` is something else or of other languages.
    """
    languages = _checked(languages)
    published, ignored = _published(source)
    base = _existing(to, languages)
    read_already = {file.sha256 for file in base.sources} if base else set()
    account = Account([], ignored, base.edges if base else 0, base.terms if base else 0)
    account.files = [
        FileAccount(file.name, file.form, known=file.sha256 in read_already) for file in published
    ]
    fresh = [(file, entry) for file, entry in zip(published, account.files, strict=True) if not entry.known]
    if fresh:
        key = _key(languages, base, [file.sha256 for file, _ in fresh])
        with Staging(to, key) as staging:
            _refuse_changed(to, languages, base)
            for file, entry in fresh:
                offset, entry.counts = staging.progress(file.sha256)
                account.resumed_at += entry.lines
                for done, total in _stage(file, entry, staging, languages, offset):
                    tell(file.name, account.lines_read + account.resumed_at, account.rate, done, total)
            _refuse_nothing(account, source, languages)
            tell("sorting", account.lines_read + account.resumed_at, account.rate, 0, 0)
            sources = [*(base.sources if base else ()), *(_source(*pair) for pair in fresh)]
            account.edges, account.terms = write_store(to, staging.path, base, languages, sources)
            staging.discard()
    account.seconds = time.perf_counter() - account.started
    return account


def _stage(
    file: _Published, entry: FileAccount, staging: Staging, languages: Sequence[str], offset: int
) -> Iterator[tuple[int, int]]:
    """Read the rest of a file; yields the bytes done and those in all, after every block."""
    parse = assertions.parser(file.form, languages)
    total = file.path.stat().st_size
    with opened(file.path) as (text, raw):
        reader = LineReader(text, offset)
        for lines in reader.blocks():
            read = [parse(line) for line in lines]
            edges = [edge for edge in read if not isinstance(edge, str)]
            entry.counts.update(edge for edge in read if isinstance(edge, str))
            entry.counts["kept"] += len(edges)
            entry.counts[TOO_LONG] += reader.take_too_long()
            staging.add(edges, file.sha256, reader.offset, entry.counts)
            yield raw.tell(), total
        entry.counts[TOO_LONG] += reader.take_too_long()
    staging.save(file.sha256, reader.offset, entry.counts)
    entry.counts = +entry.counts  # without the zeros


def _source(file: _Published, entry: FileAccount) -> Source:
    return Source(file.name, file.form, file.sha256, entry.lines, entry.kept)


def _published(source: Path) -> tuple[list[_Published], list[str]]:
    """The files to read, each content once, and the names of a folder's others."""
    if not source.exists():
        raise InputError(f"{source} does not exist; give ConceptNet's published file, or a folder of triples")
    files = sorted(filter(Path.is_file, source.iterdir())) if source.is_dir() else [source]
    published: dict[str, _Published] = {}
    ignored = []
    for path in files:
        form = _form(path)
        if form is None:
            ignored.append(path.name)
        else:
            digest = sha256(path)
            published.setdefault(digest, _Published(path, path.name, form, digest))
    if not published:
        raise InputError(
            f"{source} holds no assertions in a form that is known: ConceptNet 5's five columns between tabs "
            "(uri, /r/Relation, /c/en/start, /c/en/end, JSON), or relation<TAB>head<TAB>tail"
        )
    return list(published.values()), ignored


def _form(path: Path) -> str | None:
    with opened(path) as (text, _):
        first = LineReader(text).blocks()
        return assertions.detect(islice(next(first, []), 100))


def _checked(languages: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(sorted({language.strip() for language in languages}))
    for language in chosen:
        if not regex.fullmatch(r"[a-z]{2,3}(?:[-_][a-z]+)*", language):
            raise InputError(f"{language!r} is no language code; use ConceptNet's, as in --languages en,zh")
    return chosen


def _existing(to: Path, languages: tuple[str, ...]) -> ConceptStore | None:
    if not to.exists():
        return None
    with ConceptStore(to) as store:
        if store.languages != languages:
            raise InputError(
                f"{to} holds the languages {','.join(store.languages)}, not {','.join(languages)}; "
                "choose the same, or another --to"
            )
        return store


def _refuse_changed(to: Path, languages: tuple[str, ...], base: ConceptStore | None) -> None:
    now = _existing(to, languages)
    if (now and now.fingerprint) != (base and base.fingerprint):
        raise InputError(f"another process has just built {to}; build again to add to it")


def _refuse_nothing(account: Account, source: Path, languages: Sequence[str]) -> None:
    if account.edges or any(file.kept for file in account.files):
        return
    reasons = sum((file.counts for file in account.files), Counter[str]())
    why = "; ".join(f"{count:,} lines: {reason}" for reason, count in reasons.most_common(3))
    raise InputError(f"{source} holds no assertion in {', '.join(languages)} ({why or 'it is empty'})")


def _key(languages: Sequence[str], base: ConceptStore | None, files: Sequence[str]) -> str:
    """What staged edges belong to: anything else begins anew."""
    parts = [str(FORMAT), *languages, base.fingerprint if base else "", *files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
