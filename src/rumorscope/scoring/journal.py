"""Verdicts on disk that survive a kill at any moment: rows are appended, a restart goes on after the last.

verdicts.jsonl            grows row by row
verdicts.csv, .parquet    appear at the end, whole; until then the rows grow in `<name>.partial.jsonl`
<name>.run.json           what the verdicts were made from, so that nothing else is ever appended to them
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from rumorscope.errors import InputError
from rumorscope.scoring.records import EVIDENCE
from rumorscope.training.files import write_text_whole

SUFFIXES = (".jsonl", ".csv", ".parquet")
_ROW_GROUP = 10_000

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]  # the module or nothing


class Journal:
    """The output file and the two that may stand beside it."""

    def __init__(self, out: Path) -> None:
        if out.suffix not in SUFFIXES:
            raise InputError(f"--out {out}: the name must end in {', '.join(SUFFIXES)}")
        self.out = out
        self.rows = out if out.suffix == ".jsonl" else out.with_name(f"{out.name}.partial.jsonl")
        self.run = out.with_name(f"{out.name}.run.json")

    def discard(self) -> None:
        """Remove an earlier run and its verdicts."""
        for path in (self.out, self.rows, self.run):
            path.unlink(missing_ok=True)

    def begin(self, made_from: dict[str, Any]) -> dict[str, int] | None:
        """Take up an earlier run, or start one. Where all is done already, what `finish` was told.

        Raises InputError where the output was made from something else.
        """
        earlier = self._earlier()
        if earlier is None:
            self._start(made_from)
            return None
        for key, value in made_from.items():
            if earlier.get(key) != value:
                raise InputError(
                    f"{self.out} was made with another {key} ({earlier.get(key)}, now {value}); "
                    "choose another --out, or start anew with --overwrite"
                )
        if self.out.is_file() and "complete" in earlier:
            counts: dict[str, int] = earlier["complete"]
            return counts
        self._start(made_from)
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from the rows. Raises InputError where one is writing them."""
        with self.rows.open("a") as file:
            if fcntl is not None:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a kill releases it
                except OSError as error:
                    raise InputError(
                        f"another process is writing {self.out}; wait for it, or stop it"
                    ) from error
            yield

    def resume_after(self, multiple_of: int) -> int:
        """How many rows stand; a half-written one, and those after the last full batch, are cut off.

        Whole batches make the resumed run see the batches of an uninterrupted one, so that even the last
        digit of its answers agrees.
        """
        count = end = whole = keep = 0
        with self.rows.open("rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                count, end = count + 1, end + len(line)
                if count % multiple_of == 0:
                    whole, keep = count, end
            file.truncate(keep)
        return whole

    def append(self, records: Iterable[dict[str, Any]], flush_every: int) -> Iterator[dict[str, Any]]:
        """Write each record and hand it on."""
        with self.rows.open("a", encoding="utf-8") as file:
            for number, row in enumerate(records, start=1):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                if number % flush_every == 0:
                    file.flush()
                yield row

    def read(self, count: int | None = None) -> Iterator[dict[str, Any]]:
        """The records that stand, or the first `count` of them."""
        with self.rows.open(encoding="utf-8") as file:
            for line in islice(file, count):
                yield json.loads(line)

    def finish(self, made_from: dict[str, Any], counts: dict[str, int], columns: Sequence[str]) -> None:
        """Put the output in its place, whole, and note beside it that it is complete."""
        if self.rows != self.out:
            partial = self.out.with_name(f".{self.out.name}.partial")
            write = _write_csv if self.out.suffix == ".csv" else _write_parquet
            write(partial, columns, self.read())
            partial.replace(self.out)
        write_text_whole(self.run, json.dumps(made_from | {"complete": counts}, indent=2) + "\n")
        if self.rows != self.out:
            self.rows.unlink()

    def _earlier(self) -> dict[str, Any] | None:
        if not self.run.is_file():
            if self.out.exists():
                raise InputError(
                    f"{self.out} exists, and no {self.run.name} beside it says what it is; "
                    "choose another --out, or replace it with --overwrite"
                )
            return None
        try:
            earlier = json.loads(self.run.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{self.run} is damaged ({error}); start anew with --overwrite") from error
        return earlier if isinstance(earlier, dict) else {}

    def _start(self, made_from: dict[str, Any]) -> None:
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            write_text_whole(self.run, json.dumps(made_from, indent=2) + "\n")
            self.rows.touch()
        except OSError as error:
            raise InputError(f"cannot write {self.out}: {error.strerror}") from error


def _write_csv(path: Path, columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(map(_flat, rows))
        _to_disk(file)


def _write_parquet(path: Path, columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [(name, pa.float64() if name == "rumor_probability" else pa.string()) for name in columns]
    )
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            while group := [_flat(row) for row in islice(rows, _ROW_GROUP)]:
                writer.write_table(pa.Table.from_pylist(group, schema))
        _to_disk(file)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    if EVIDENCE not in row:
        return row
    return row | {EVIDENCE: json.dumps(row[EVIDENCE], ensure_ascii=False)}


def _to_disk(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())
