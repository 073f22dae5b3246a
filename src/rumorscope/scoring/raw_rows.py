"""The rows of a file of posts as plain values, from its first row or from a mark: JSON lines, CSV, Parquet.

Marks let many workers read one file, each its own rows, without reading those before.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rumorscope.errors import InputError
from rumorscope.scoring.rows import IMAGE_COLUMNS

MAX_ROW_BYTES = 4 << 20
"""A longer line is an error row: nobody's post is that long, and memory must not follow the file."""

CSV_IMAGE_SEPARATOR = "|"

RawRow = tuple[str, Mapping[str, Any] | str]
"""Where a row stands ("line 7"), and its values or what is wrong with it."""


class Mark(NamedTuple):
    """Where a row begins."""

    before: int  # lines before it in JSON lines, rows before it elsewhere
    byte: int  # 0 in Parquet


START = Mark(0, 0)


def json_lines(path: Path, start: Mark = START) -> Iterator[RawRow]:
    """Each line of a file of JSON objects, or what is wrong with it; a line is never longer than allowed."""
    with path.open("rb") as file:
        file.seek(start.byte)
        for number, line in enumerate(_bounded_lines(file), start=start.before + 1):
            if line is None:
                yield f"line {number}", f"longer than {MAX_ROW_BYTES} bytes"
            elif line.strip():
                yield f"line {number}", _json_object(line)


def _json_marks(path: Path, start: Mark = START) -> Iterator[Mark]:
    with path.open("rb") as file:
        file.seek(start.byte)
        mark = start
        for line in _bounded_lines(file):
            if line is None or line.strip():
                yield mark
            mark = Mark(mark.before + 1, file.tell())


def _bounded_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long, whose rest is skipped."""
    while line := file.readline(MAX_ROW_BYTES):
        if len(line) < MAX_ROW_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_ROW_BYTES)
        yield None


def _json_object(line: bytes) -> Mapping[str, Any] | str:
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return f"not valid UTF-8: {error.reason} at byte {error.start}"
    except json.JSONDecodeError as error:
        return f"not valid JSON: {error}"
    except RecursionError:
        return "not valid JSON: nested too deeply"
    return values if isinstance(values, dict) else f"a {type(values).__name__} and no JSON object"


class _CsvLines:
    """The lines of a CSV file from a byte on, and the byte at which the next one begins."""

    def __init__(self, path: Path, byte: int = 0) -> None:
        self.path = path
        self.byte = byte

    def __iter__(self) -> Iterator[str]:
        with self.path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.seek(self.byte)  # of text that begins anew there, which bytes and cookies agree on
            for line in file:
                text = line.removeprefix("\ufeff") if self.byte == 0 else line
                self.byte += len(line.encode("utf-8", "surrogateescape"))
                yield text


def _csv_rows(path: Path, start: Mark = START) -> Iterator[RawRow]:
    return (row for _, row in _csv_marked(path, start))


def _csv_marks(path: Path, start: Mark = START) -> Iterator[Mark]:
    return (mark for mark, _ in _csv_marked(path, start))


def _csv_marked(path: Path, start: Mark) -> Iterator[tuple[Mark, RawRow]]:
    csv.field_size_limit(MAX_ROW_BYTES)
    head = _CsvLines(path)
    header = next(csv.reader(head), [])
    _check_columns(path, header)
    lines = _CsvLines(path, max(start.byte, head.byte))
    rows = csv.reader(lines)
    number = start.before
    while True:
        mark = Mark(number, lines.byte)
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield mark, (f"row {number}", f"not valid CSV: {error}")
            continue
        if fields:  # an empty line is no row
            number += 1
            yield mark, (f"row {number}", _csv_values(header, fields))


def _csv_values(header: list[str], fields: list[str]) -> Mapping[str, Any] | str:
    if len(fields) != len(header):
        return f"{len(fields)} fields under {len(header)} columns"
    values: dict[str, Any] = dict(zip(header, fields, strict=True))
    if any("\udc80" <= char <= "\udcff" for field in fields for char in field):
        return "not valid UTF-8"
    for column in IMAGE_COLUMNS:
        if values.get(column):
            values[column] = values[column].split(CSV_IMAGE_SEPARATOR)
    return {key: value for key, value in values.items() if value != "" and key != "replies"}


def _parquet_rows(path: Path, start: Mark = START) -> Iterator[RawRow]:
    file = _parquet(path)
    _check_columns(path, file.schema_arrow.names)
    wanted = {"id", "text", "language", "replies", *IMAGE_COLUMNS}
    columns = [name for name in file.schema_arrow.names if name in wanted]
    group, number = _group_of(file.metadata, start.before)
    groups = range(group, file.metadata.num_row_groups)
    for batch in file.iter_batches(batch_size=64, row_groups=groups, columns=columns):
        unread = max(0, min(start.before - number, len(batch)))
        number += unread
        for values in batch.slice(unread).to_pylist():
            number += 1
            yield f"row {number}", values


def _group_of(metadata: Any, row: int) -> tuple[int, int]:
    """The row group that holds a row, and how many rows stand before that group."""
    before = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if row < before + rows:
            return group, before
        before += rows
    return metadata.num_row_groups, before


def _parquet_marks(path: Path, start: Mark = START) -> Iterator[Mark]:
    return (Mark(row, 0) for row in range(start.before, _parquet_count(path)))


def _parquet_count(path: Path) -> int:
    return int(_parquet(path).metadata.num_rows)


def _parquet(path: Path) -> Any:
    import pyarrow.lib
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.lib.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a readable Parquet file: {error}") from error


def _check_columns(path: Path, columns: list[str]) -> None:
    if not {"text", *IMAGE_COLUMNS} & set(columns):
        found = ", ".join(map(repr, columns)) or "none"
        raise InputError(
            f"{path} has the columns {found}; a post needs 'text', 'images' or both, and an 'id'"
        )


class Format(NamedTuple):
    """How one kind of file is read."""

    rows: Callable[[Path, Mark], Iterator[RawRow]]
    marks: Callable[[Path, Mark], Iterator[Mark]]
    count: Callable[[Path], int]


FORMATS = {
    ".jsonl": Format(json_lines, _json_marks, lambda path: sum(1 for _ in _json_marks(path))),
    ".csv": Format(_csv_rows, _csv_marks, lambda path: sum(1 for _ in _csv_marks(path))),
    ".parquet": Format(_parquet_rows, _parquet_marks, _parquet_count),
}
