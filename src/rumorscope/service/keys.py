"""API keys: who may ask. The file holds names and hashes, so that whoever reads it can ask nothing.

A key is 256 random bits, which nobody guesses: one round of SHA-256 keeps it, without salt or stretching.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from rumorscope.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 1 << 20


class Keys:
    """The names of those who may ask, by their keys' hashes."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of lines "name:hash"; empty ones and those that begin with # say nothing.

        Raises InputError where it is missing or damaged, or holds no key.
        """
        hashes = _read(path)
        if not hashes:
            raise InputError(f"{path} holds no key; make one: rumorscope key NAME --keys {path}")
        return cls(hashes)

    def holder(self, key: str) -> str | None:
        """The name that goes with a key; None where there is none. Takes the same time for every key."""
        given = _hashed(key)
        found = [name for name, known in self._hashes.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None


def add_key(path: Path, name: str) -> str:
    """Make a key and add its hash to the file, which is made for its owner alone where it is missing.

    Raises InputError where the name is taken or cannot be one, or where the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a key; use up to 64 letters, digits, dots, dashes, _")
    if path.exists() and name in _read(path):
        raise InputError(f"{path} has a key for {name!r} already; choose another name, or remove its line")
    key = f"rs_{secrets.token_urlsafe(32)}"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.write(f"{name}:{_hashed(key)}\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return key


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            lines = file.read(_MOST_BYTES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the keys' file {path} cannot be read: {error}") from error
    hashes: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        name, _, hashed = line.partition(":")
        if not _NAME.fullmatch(name) or not _HASH.fullmatch(hashed):
            raise InputError(f"{path}, line {number}: not NAME:SHA256; rumorscope key writes such lines")
        if name in hashes:
            raise InputError(f"{path}, line {number}: a second key for {name!r}; remove one of them")
        hashes[name] = hashed
    return hashes
