"""What happens to texts as they are typed, copied and cut: each a function from one text to another.

Those that draw take a generator that is seeded by the post's id, so that the order of posts changes nothing.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Callable

import regex

from rumorscope.data.text import URL

TextChange = Callable[[str, random.Random], str]

TYPO_SHARE = 0.05
"""Share of a text's letters that `typos` touches; at least one."""

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MENTION = regex.compile(r"@[\w\-]+")
_HASHTAG = regex.compile(r"#[^#\s]+#|#\w+")  # Weibo closes its hashtags
_EMOJI = regex.compile(
    r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u20e3]|\[\p{Han}{1,4}\]"
)  # Weibo writes its own as [泪]; digits and # are Emoji to Unicode, but not Extended_Pictographic


def typos(text: str, draw: random.Random) -> str:
    """Letters a to z hit beside their key or swapped with the next; any other letter left out or doubled.

    One letter in twenty, none in URLs, mentions and hashtags. A Chinese typing error would be a homophone,
    which needs a dictionary; leaving out and doubling need none.
    """
    spared = _in_tags(text)
    letters = [place for place, char in enumerate(text) if char.isalpha() and place not in spared]
    if not letters:
        return text
    characters = list(text)
    for place in draw.sample(letters, max(1, round(TYPO_SHARE * len(letters)))):
        _mistype(characters, place, draw)
    return "".join(characters)


def lower_case(text: str, draw: random.Random) -> str:
    """No capitals; URLs too, since none is opened."""
    return text.lower()


def upper_case(text: str, draw: random.Random) -> str:
    """All capitals."""
    return text.upper()


def no_punctuation(text: str, draw: random.Random) -> str:
    """Without punctuation of any script, but for URLs, mentions and hashtags."""
    spared = _in_tags(text)
    return "".join(
        char
        for place, char in enumerate(text)
        if place in spared or not unicodedata.category(char).startswith("P")
    )


def no_emoji(text: str, draw: random.Random) -> str:
    """Without emoji, and without the bracketed ones of Weibo."""
    return _without(_EMOJI, text)


def no_urls(text: str, draw: random.Random) -> str:
    """Without links."""
    return _without(URL, text)


def no_mentions(text: str, draw: random.Random) -> str:
    """Without @names."""
    return _without(_MENTION, text)


def no_hashtags(text: str, draw: random.Random) -> str:
    """Without #tags, words and all."""
    return _without(_HASHTAG, text)


def first_half(text: str, draw: random.Random) -> str:
    """The first half of the characters."""
    return text[: math.ceil(len(text) / 2)]


def _in_tags(text: str) -> set[int]:
    """The places of URLs, mentions and hashtags, which have perturbations of their own."""
    matches = (match for pattern in (URL, _MENTION, _HASHTAG) for match in pattern.finditer(text))
    return {place for match in matches for place in range(*match.span())}


def _mistype(characters: list[str], place: int, draw: random.Random) -> None:
    char = characters[place]
    if char.lower() not in "".join(_KEYS):
        characters[place] = draw.choice(["", 2 * char])
        return
    following = characters[place + 1] if place + 1 < len(characters) else ""
    if following.isalpha() and following != char and draw.random() < 0.5:
        characters[place : place + 2] = [following, char]
        return
    neighbor = draw.choice(_neighbors(char.lower()))
    characters[place] = neighbor.upper() if char.isupper() else neighbor


def _neighbors(letter: str) -> str:
    row = next(keys for keys in _KEYS if letter in keys)
    place = row.index(letter)
    return row[max(place - 1, 0) : place] + row[place + 1 : place + 2]


def _without(pattern: regex.Pattern[str], text: str) -> str:
    found = pattern.sub(" ", text)
    return text if found == text else " ".join(found.split())
