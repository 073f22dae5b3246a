"""Weibo (Jin et al. 2017): three lines a post."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept
from rumorscope.data.adapters.weibo_jin import read
from rumorscope.post import Label, Post

URL = "http://ww1.sinaimg.cn/large"


@pytest.mark.parametrize("texts", ["", "tweets/"])
def test_the_four_files(published: Any, texts: str) -> None:
    published.pictures("rumor_images/3BA161e7.jpg", "nonrumor_images/62b31d36.jpg")
    published.text(
        f"{texts}train_rumor.txt",
        "\ufeff3511947309647762|name|http://weibo.com/1/z|null|2012-11-13 16:55|true|79|18|0|2803550292|0",
        f"{URL}/3ba161e7.jpg|{URL}/absent.gif|null",
        " 震惊，转发求证 ",
    )
    published.text(
        f"{texts}test_nonrumor.txt",
        "3907393559904503|null|null|null|1447078683000|true|30|3|2|null|0|null",
        "null",
        "",
        "not a post|x",
        "null",
        "text",
        "3906304541874867|null|null|null|null|true",
        f"{URL}/62b31d36.jpg",
    )
    first, second, shifted, cut = read(published.folder)
    assert first == Kept(
        Post(
            "3511947309647762",
            "震惊，转发求证",
            (published / "rumor_images/3BA161e7.jpg",),
            Label.RUMOR,
            None,
            datetime(2012, 11, 13, 8, 55, tzinfo=UTC),  # Beijing is eight hours ahead
            "zh",
            user="2803550292",
        ),
        "train",
        ("absent",),
    )
    assert isinstance(second, Kept)
    assert (second.post.text, second.post.images, second.split) == ("", (), "test")
    assert second.post.user is None
    assert second.post.time == datetime(2015, 11, 9, 14, 18, 3, tzinfo=UTC)
    assert shifted == Dropped(
        "test_nonrumor.txt line 4", "its first line must begin with a number, not 'not a post'"
    )
    assert cut == Dropped("test_nonrumor.txt line 7", "the file ends within the post")
