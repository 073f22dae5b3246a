"""Weibo-CED (Song et al. 2019): the JSON tree, and the CSV files of the shared split."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept
from rumorscope.data.adapters.weibo_ced import read
from rumorscope.post import Label, Post, Reply


@pytest.mark.parametrize("root", ["", "CED_Dataset/"])
def test_the_published_tree(published: Any, root: str) -> None:
    original = {"text": "“被拆迁”", "time": 1294301161, "user": {"verified": True}, "pics": 0}
    for name in ("1_a_2", "2_b_3", "3_c_4", "4_d_5", "._1_a_2"):
        published.json(f"{root}original-microblog/{name}.json", original)
    repost = {
        "mid": "c1",
        "uid": "19",
        "parent": "",
        "text": "[鼓掌]",
        "date": "2011-01-06 17:54:13",
        "kids": [],
    }
    answer = {**repost, "mid": "c2", "parent": "c1", "text": None, "date": "then"}
    published.json(f"{root}rumor-repost/1_a_2.json", [repost, answer])
    published.json(f"{root}non-rumor-repost/2_b_3.json", [])
    published.text(f"{root}rumor-repost/3_c_4.json", "[{")
    first, second, broken, orphan = read(published.folder)
    time = datetime(2011, 1, 6, 8, 6, 1, tzinfo=UTC)
    replies = (
        Reply("c1", "[鼓掌]", None, datetime(2011, 1, 6, 9, 54, 13, tzinfo=UTC), "19"),
        Reply("c2", "", "c1", None, "19"),
    )
    assert first == Kept(Post("1_a_2", "“被拆迁”", (), Label.RUMOR, None, time, "zh", replies))
    assert isinstance(second, Kept)
    assert (second.post.label, second.post.replies) == (Label.NON_RUMOR, ())
    assert broken == Dropped("3_c_4", "its JSON is broken: JSONDecodeError")
    assert orphan == Dropped("4_d_5", "its reposts are in neither of rumor-repost and non-rumor-repost")


def test_the_csv_form(published: Any) -> None:
    published.text("weibo_train.csv", "text,img,label", '"震惊,转发",2140,1', "x,5,2")
    published.text("weibo_valid.csv", "text,img,label", "晚安,3835,0")
    published.pictures("images/3835.jpg")
    first, wrong, second = read(published.folder)
    assert first == Kept(
        Post("2140", "震惊,转发", label=Label.RUMOR, language="zh"), "train", missing_images=("2140",)
    )
    assert wrong == Dropped("5", "unknown label '2'")
    assert isinstance(second, Kept)
    assert (second.split, second.images) == ("validation", (published / "images/3835.jpg",))
