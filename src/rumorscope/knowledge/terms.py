"""How a term is written in the store: `en/hubble telescope`, its language and its words in plain form."""

from __future__ import annotations

import unicodedata

import regex

LONGEST = 200  # characters; ConceptNet's own terms are shorter

_AS_THEY_ARE = {"zh", "ja", "ko"}
_ARTICLES = {"a", "an", "the"}
_MARKS = regex.compile(r"^\p{P}+|\p{P}+$")
_UNFIT = regex.compile(r"[\p{Cc}\p{Cs}]")  # control characters, and halves of a pair, which are no text


def term_key(text: str, language: str) -> str | None:
    """What the store calls a term; None where nothing, too much or a control character is left of it.

    ConceptNet's own normalisation: lower case, white space for underscores, no punctuation around words, and
    in English no articles and no first "to". The last word stays, whatever it is: "vitamin a" is not
    "vitamin".
    """
    text = unicodedata.normalize("NFKC", text[: 4 * LONGEST]).lower()
    words = normal_words(text, language)
    plain = " ".join(words) or text.strip()  # a term of marks alone, such as "!", is a term
    if not plain or len(plain) > LONGEST:
        return None
    if not plain.isprintable() and _UNFIT.search(plain):  # the first is faster, and refuses more
        return None
    return f"{language}/{plain}"


def normal_words(text: str, language: str) -> list[str]:
    """The words of a text that is in lower case, as `term_key` keeps them."""
    words = text.replace("_", " ").split()
    if language not in _AS_THEY_ARE and not "".join(words).isalnum():
        bare = (word if word.isalnum() else _MARKS.sub("", word) for word in words)
        words = [word for word in bare if word]
    return _without_articles(words) if language == "en" else words


def language_and_text(key: str) -> tuple[str, str]:
    """The two parts of a term's key."""
    language, _, text = key.partition("/")
    return language, text


def written_without_spaces(language: str) -> bool:
    """Whether any character may begin a word, as in Chinese."""
    return language in _AS_THEY_ARE


def _without_articles(words: list[str]) -> list[str]:
    if _ARTICLES.isdisjoint(words) and words[:1] != ["to"]:
        return words
    kept = [word for word in words[:-1] if word not in _ARTICLES] + words[-1:]
    return kept[1:] if len(kept) > 1 and kept[0] == "to" else kept
