from __future__ import annotations

import random

import pytest

from rumorscope.evaluation.robustness import texts
from rumorscope.evaluation.robustness.texts import TextChange

TWEET = "RT @a_b: Shark, in the street! 🦈👍🏽 #flood https://t.co/Abc1 (真的？) [泪]"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (texts.lower_case, TWEET.lower()),
        (texts.upper_case, TWEET.upper()),
        (texts.no_punctuation, "RT @a_b Shark in the street 🦈👍🏽 #flood https://t.co/Abc1 真的 泪"),
        (texts.no_emoji, "RT @a_b: Shark, in the street! #flood https://t.co/Abc1 (真的？)"),
        (texts.no_urls, "RT @a_b: Shark, in the street! 🦈👍🏽 #flood (真的？) [泪]"),
        (texts.no_mentions, "RT : Shark, in the street! 🦈👍🏽 #flood https://t.co/Abc1 (真的？) [泪]"),
        (texts.no_hashtags, "RT @a_b: Shark, in the street! 🦈👍🏽 https://t.co/Abc1 (真的？) [泪]"),
    ],
)
def test_known_answers(change: TextChange, expected: str) -> None:
    assert change(TWEET, random.Random(0)) == expected


def test_hashtags_of_weibo_are_closed() -> None:
    assert texts.no_hashtags("#大桥垮塌#网传图片", random.Random(0)) == "网传图片"


@pytest.mark.parametrize(("text", "half"), [("", ""), ("a", "a"), ("abcd", "ab"), ("abcde", "abc")])
def test_half(text: str, half: str) -> None:
    assert texts.first_half(text, random.Random(0)) == half


def test_numbers_are_no_emoji() -> None:
    assert texts.no_emoji("3 of 10 #1 *", random.Random(0)) == "3 of 10 #1 *"


@pytest.mark.parametrize("change", [texts.no_emoji, texts.no_urls, texts.no_mentions, texts.no_hashtags])
def test_a_text_without_them_stays_as_it_is(change: TextChange) -> None:
    spaced = "two  spaces,\na line "
    assert change(spaced, random.Random(0)) == spaced


def test_typos_of_latin_letters_are_neighbors_or_swaps() -> None:
    words = "the quick brown fox jumps over the lazy dog " * 20
    typed = texts.typos(words, random.Random(1))
    letters = sum(char.isalpha() for char in words)
    changed = sum(a != b for a, b in zip(words, typed, strict=True))  # nothing is left out or doubled
    assert texts.TYPO_SHARE * letters * 0.7 < changed <= 2 * texts.TYPO_SHARE * letters
    for before, after in zip(words.split(), typed.split(), strict=True):
        if len(before) == 3 and before[1:] == after[1:] and before[0] != after[0]:
            assert after[0] in texts._neighbors(before[0])


def test_typos_leave_tags_and_links_alone() -> None:
    text = "@somebody #something https://t.co/something"
    assert texts.typos(text, random.Random(0)) == text
    assert texts.typos(f"shark {text}", random.Random(0)).endswith(text)


def test_chinese_characters_are_left_out_or_doubled() -> None:
    text = "网传鲨鱼出现在街头官方证实大桥垮塌图片为假警方通报没有人受伤" * 4
    for seed in range(5):
        typed = texts.typos(text, random.Random(seed))
        assert typed != text
        assert set(typed) == set(text)


def test_the_same_draw_makes_the_same_typos() -> None:
    assert texts.typos(TWEET, random.Random("7")) == texts.typos(TWEET, random.Random("7"))
