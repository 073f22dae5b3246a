"""Strings out of files that nobody vouches for."""

from __future__ import annotations

LONGEST = 80  # characters


def short_text(value: object) -> str | None:
    """A string on one line, printable and at most 80 characters long; None for what is none, or empty."""
    if not isinstance(value, str):
        return None
    start = value[: 4 * LONGEST]  # what follows cannot count, however long it is
    text = " ".join("".join(c if c.isprintable() else " " for c in start).split())
    return (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…") or None
