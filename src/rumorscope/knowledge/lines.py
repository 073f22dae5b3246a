"""The lines of an untrusted file, compressed or not, in memory that does not grow with it."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from rumorscope.errors import InputError

LONGEST = 1 << 20  # bytes of a line
_BLOCK = 1 << 20


class LineReader:
    """Blocks of whole lines; `offset` is where the next block begins, in bytes of the uncompressed text."""

    def __init__(self, stream: BinaryIO, offset: int = 0) -> None:
        self.offset = offset
        self._too_long = 0
        self._stream = stream
        stream.seek(offset)

    def take_too_long(self) -> int:
        """How many lines were left out since the last call, being longer than `LONGEST`."""
        count, self._too_long = self._too_long, 0
        return count

    def blocks(self) -> Iterator[list[bytes]]:
        """Lines without their ends. One that is too long is left out, and counted once its end is reached."""
        consumed, rest, skipping = self.offset, b"", False
        while block := self._stream.read(_BLOCK):
            consumed += len(block)
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if skipping and lines:
                del lines[0]
                skipping, self._too_long = False, self._too_long + 1
            if not skipping:
                self.offset = consumed - len(rest)
                skipping = len(rest) > LONGEST
            if skipping:
                rest = b""
            fitting = [line for line in lines if len(line) <= LONGEST]
            self._too_long += len(lines) - len(fitting)
            yield fitting
        self.offset, self._too_long = consumed, self._too_long + skipping
        if rest:
            yield [rest]


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The uncompressed text of a file, and the file itself, whose position says how far one has read.

    Raises InputError where it cannot be read, also later and in the middle.
    """
    try:
        with path.open("rb") as raw:
            if raw.peek(2)[:2] != b"\x1f\x8b":
                yield raw, raw
                return
            with gzip.open(raw) as text:
                yield cast(BinaryIO, text), raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is damaged or cut off ({error}); download it again") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
