"""Keys: kept as hashes, told apart, and refused in words where the file is not what it should be."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from rumorscope.errors import InputError
from rumorscope.service.keys import Keys, add_key


def test_a_key_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    key, other = add_key(path, "fact-checkers"), add_key(path, "newsroom")
    text = path.read_text()
    assert key not in text
    assert text.splitlines()[0] == f"fact-checkers:{hashlib.sha256(key.encode()).hexdigest()}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = Keys.read(path)
    assert (keys.holder(key), keys.holder(other), keys.holder(key[:-1])) == (
        "fact-checkers",
        "newsroom",
        None,
    )


def test_a_key_has_256_random_bits(tmp_path: Path) -> None:
    keys = {add_key(tmp_path / "keys.txt", f"name-{number}") for number in range(50)}
    assert len(keys) == 50
    assert {len(key.removeprefix("rs_")) for key in keys} == {43}  # base64 of 32 bytes, unpadded


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nb", "名", "a" * 65])
def test_a_name_that_would_break_the_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a key"):
        add_key(tmp_path / "keys.txt", name)
    assert not (tmp_path / "keys.txt").exists()


def test_a_name_is_given_once(tmp_path: Path) -> None:
    add_key(tmp_path / "keys.txt", "a")
    with pytest.raises(InputError, match="already"):
        add_key(tmp_path / "keys.txt", "a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:short", "line 1: not NAME:SHA256"),
        (f"# fine\n\n{'b' * 64}", "line 3"),
        (f"a:{'0' * 64}\na:{'1' * 64}", "line 2: a second key for 'a'"),
        ("# nobody\n", "holds no key"),
    ],
)
def test_a_file_that_is_damaged_says_where(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        Keys.read(path)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Keys.read(tmp_path / "none.txt")
