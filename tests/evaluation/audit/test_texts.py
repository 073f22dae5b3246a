"""Near-duplicate texts: closed forms, and the slow comparison of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.data.shared_pictures import linked_groups
from rumorscope.evaluation.audit.texts import SIMILAR, jaccard, same_text, shingles, similar_text_groups


def test_equal_texts_differ_in_case_links_and_invisible_marks_only() -> None:
    assert same_text("Shark on the\u200b HIGHWAY!  http://t.co/eXQTPZqqbG") == same_text(
        "shark on the highway!"
    )
    assert same_text("http://t.co/eXQTPZqqbG") == ""


def test_a_shingle_is_a_pair_of_words_or_of_chinese_characters() -> None:
    assert shingles("a shark, on a shark") == {("a", "shark"), ("shark", "on"), ("on", "a")}
    assert shingles("网传 ufo 鲨鱼") == {("网", "传"), ("传", "ufo"), ("ufo", "鲨"), ("鲨", "鱼")}
    assert shingles("sandy") == {("sandy",)}


def test_the_similarity_of_a_text_with_one_more_word() -> None:
    ten = " ".join(f"w{number}" for number in range(10))  # nine pairs, ten with a word more
    assert jaccard(shingles(ten), shingles(f"rt {ten}")) == pytest.approx(9 / 10)


def test_copies_and_cut_off_ends_are_found_and_others_are_not() -> None:
    said = "breaking shark swims down the flooded highway in new york after the storm last night"
    other = "breaking shark seen in the street of houston after harvey says a man on the radio"
    groups = similar_text_groups([said, f"RT @someone {said}", said.rsplit(" ", 2)[0], other])
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_chinese_copies_are_found() -> None:
    said = "实验小学寻人启事今天上午一个三岁多小女孩在锦绣花园小区附近被人拐走了"
    groups = similar_text_groups(
        [said, f"急转{said}", "今天上午警方通报没有人受伤大桥没有垮塌图片为假请勿传播"]
    )
    assert groups[0] == groups[1] != groups[2]


def test_similarity_is_passed_on() -> None:
    words = [f"w{number}" for number in range(40)]
    chain = [" ".join(words[start : start + 20]) for start in range(0, 20, 2)]
    assert jaccard(shingles(chain[0]), shingles(chain[-1])) < SIMILAR
    assert len(set(similar_text_groups(chain).tolist())) == 1


def test_grouping_agrees_with_comparing_all_pairs() -> None:
    generator = np.random.default_rng(3)
    texts = []
    for _ in range(60):
        words = generator.choice(500, size=25)
        texts.append(" ".join(map(str, words)))
        words[generator.integers(25)] = 999  # two of 24 pairs change: similarity 22 / 26
        texts.append(" ".join(map(str, words)))
    sets = [shingles(text) for text in texts]
    pairs = [(i, j) for i in range(120) for j in range(i) if jaccard(sets[i], sets[j]) >= SIMILAR]
    slow = linked_groups(np.array(pairs), 120)
    fast = similar_text_groups(texts)
    assert np.array_equal(slow[:, None] == slow, fast[:, None] == fast)


@given(st.lists(st.text(alphabet="ab 网传#", max_size=12), min_size=1, max_size=8))
def test_equal_texts_are_always_one_group(texts: list[str]) -> None:
    groups = similar_text_groups([*texts, *texts])
    assert np.array_equal(groups[: len(texts)], groups[len(texts) :])
