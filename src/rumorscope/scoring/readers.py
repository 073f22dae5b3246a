"""JSON lines, CSV, Parquet or a manifest's folder → posts, one at a time, whatever the file's length."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rumorscope.data.manifest import METADATA
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.rows import IMAGE_COLUMNS, read_post
from rumorscope.scoring.scorer import BadPost

MAX_ROW_BYTES = 4 << 20
"""A longer line is an error row: nobody's post is that long, and memory must not follow the file."""

CSV_IMAGE_SEPARATOR = "|"

RawRow = tuple[str, Mapping[str, Any] | str]
"""Where a row stands ("line 7"), and its values or what is wrong with it."""


class PostFile:
    """A file of posts. Its rows are read anew, from the first, by every iteration."""

    def __init__(self, path: Path, image_root: Path | None = None) -> None:
        """Pictures' paths are relative to `image_root` (the file's folder) and must stay inside it.

        Raises InputError where the file is missing or of an unknown kind.
        """
        self.path = path / METADATA if path.is_dir() else path
        if self.path.suffix not in _READERS:
            raise InputError(f"'{path}' is none of {', '.join(_READERS)}; convert it to one of them")
        if not self.path.is_file():
            raise InputError(f"there is no file {self.path}")
        self.image_root = image_root or self.path.parent
        if not self.image_root.is_dir():
            raise InputError(f"there is no folder {self.image_root}")

    def __iter__(self) -> Iterator[Post | BadPost]:
        for place, values in _READERS[self.path.suffix](self.path):
            if isinstance(values, str):
                yield BadPost(place, f"{place}: {values}")
            else:
                yield read_post(values, self.image_root, place=place)

    def count(self) -> int:
        """How many rows there are: read from Parquet's footer, counted elsewhere."""
        if self.path.suffix == ".parquet":
            return int(_parquet(self.path).metadata.num_rows)
        return sum(1 for _ in _READERS[self.path.suffix](self.path))

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes. The pictures are not part of it."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def names_post_file(argument: str) -> bool:
    """Whether a command's argument means a file of posts or a manifest's folder, and not a post's text.

    A single word that ends like a file of posts means one even where it is missing: nobody posts "x.jsonl".
    """
    if not argument.strip():
        return False
    path = Path(argument)
    try:
        if path.suffix in _READERS:
            return path.is_file() or not argument.split()[1:]
        return path.is_dir() and (path / METADATA).is_file()
    except OSError:  # a text that is too long for a path
        return False


def json_lines(path: Path) -> Iterator[RawRow]:
    """Each line of a file of JSON objects, or what is wrong with it; a line is never longer than allowed."""
    with path.open("rb") as file:
        for number, line in enumerate(_bounded_lines(file), start=1):
            if line is None:
                yield f"line {number}", f"longer than {MAX_ROW_BYTES} bytes"
            elif line.strip():
                yield f"line {number}", _json_object(line)


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


def _csv_rows(path: Path) -> Iterator[RawRow]:
    csv.field_size_limit(MAX_ROW_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        _check_columns(path, header)
        number = 0
        while True:
            number += 1
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"row {number}", f"not valid CSV: {error}"
                continue
            if fields:
                yield f"row {number}", _csv_values(header, fields)
            else:
                number -= 1  # an empty line is no row


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


def _parquet_rows(path: Path) -> Iterator[RawRow]:
    file = _parquet(path)
    _check_columns(path, file.schema_arrow.names)
    wanted = {"id", "text", "language", "replies", *IMAGE_COLUMNS}
    columns = [name for name in file.schema_arrow.names if name in wanted]
    number = 0
    for batch in file.iter_batches(batch_size=64, columns=columns):
        for values in batch.to_pylist():
            number += 1
            yield f"row {number}", values


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


_READERS: dict[str, Callable[[Path], Iterator[RawRow]]] = {
    ".jsonl": json_lines,
    ".csv": _csv_rows,
    ".parquet": _parquet_rows,
}
