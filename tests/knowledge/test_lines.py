"""Lines of untrusted files: whole ones, bounded, from any place where a block ended."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from rumorscope.errors import InputError
from rumorscope.knowledge import lines as module
from rumorscope.knowledge.lines import LineReader, opened


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\nx" * 9])
def test_blocks_hold_every_line_and_can_be_resumed_after_each(
    monkeypatch: pytest.MonkeyPatch, block: int, end: bytes
) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    monkeypatch.setattr(module, "LONGEST", 6)
    text = b"one\n\n" + b"y" * 20 + b"\nthree\n" + b"z" * 9 + end
    reader = LineReader(io.BytesIO(text))
    seen: list[bytes] = []
    stops = [(0, 0)]
    for some in reader.blocks():
        seen += some
        stops.append((reader.offset, len(seen)))
    assert seen == [some for some in text.removesuffix(b"\n").split(b"\n") if len(some) <= 6]
    assert reader.take_too_long() == 2
    for offset, count in stops:
        again = [line for some in LineReader(io.BytesIO(text), offset).blocks() for line in some]
        assert seen[:count] + again == seen


def test_a_line_that_is_too_long_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 4)
    monkeypatch.setattr(module, "LONGEST", 6)
    reader = LineReader(io.BytesIO(b"ab\n" + b"y" * 50 + b"\ncd\n" + b"z" * 50))
    assert [line for some in reader.blocks() for line in some] == [b"ab", b"cd"]
    assert reader.take_too_long() == 2
    assert reader.take_too_long() == 0


def test_compressed_or_not_is_told_by_the_content(tmp_path: Path) -> None:
    for data in (b"a\nb\n", gzip.compress(b"a\n") + gzip.compress(b"b\n")):
        (tmp_path / "file").write_bytes(data)
        with opened(tmp_path / "file") as (text, _):
            assert text.read() == b"a\nb\n"


def test_a_download_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(gzip.compress(b"a\n" * 100_000)[:-20])
    with pytest.raises(InputError, match="damaged or cut off"), opened(tmp_path / "file") as (text, _):
        text.read()
