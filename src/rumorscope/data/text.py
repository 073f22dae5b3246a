"""What a tower reads of a post: its words, without the marks that a platform or a scraper left."""

from __future__ import annotations

import html
import re
import unicodedata

_ESCAPED_SPACE = re.compile(r"\\[nrt]")  # two characters: some datasets hold text as JSON escapes it
URL = re.compile(
    r"(?:https?: ?//|www\.|pic\.twitter\.com/|\bt\.c[on]/)[\w\-.~:/?#@!$&*+,;=%]*…?",
    re.ASCII | re.IGNORECASE,  # Chinese text follows a URL without a space
)
_WORD = re.compile(r"\w+")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co"}  # control, zero-width, lone surrogate, private use


def clean_text(text: str) -> str:
    """Undo HTML and JSON escapes, drop URLs and invisible characters, and collapse white space.

    Letters and digits are brought to their plain form (NFKC), so that 𝗯𝗼𝗹𝗱 or ｗｉｄｅ letters read as
    letters; Chinese punctuation keeps its full width, which is how vocabularies know it.
    """
    text = html.unescape(html.unescape(text))  # some feeds escape what was escaped already
    text = URL.sub(" ", _ESCAPED_SPACE.sub(" ", text).replace(r"\/", "/"))
    text = "".join(" " if char.isspace() else char for char in text if _is_visible(char))
    text = _WORD.sub(_plain, unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def _is_visible(char: str) -> bool:
    return char.isspace() or not (unicodedata.category(char) in _INVISIBLE or "\ufe00" <= char <= "\ufe0f")


def _plain(word: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", word[0])
