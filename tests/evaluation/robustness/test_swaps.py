from __future__ import annotations

import random
from pathlib import Path

import pytest

from rumorscope.data.images import image_key
from rumorscope.errors import InputError
from rumorscope.evaluation.robustness.swaps import swap_pictures, swap_texts, without_pictures, without_text
from rumorscope.post import Post
from tiny import tiny_picture, tiny_posts

COLORS = ("red", "green", "blue", "teal", "brown", "black")


def shown() -> list[Post]:
    """Twelve posts over six pictures, of which two hang together through a post that shows both."""
    files = [tiny_picture(color) for color in COLORS]
    posts = [Post(str(n), f"text {n % 7}", (files[n % 6],)) for n in range(12)]
    return [*posts, Post("both", "text", (files[0], files[1])), Post("none", "text 3")]


def keys(post: Post) -> set[str]:
    return {image_key(source) for source in post.images}


@pytest.mark.parametrize("seed", range(8))
def test_nobody_keeps_a_picture_that_its_own_hang_together_with(seed: int) -> None:
    posts = shown()
    change = swap_pictures(posts, seed)
    tied = keys(posts[12])
    for post in posts:
        given = keys(change(post))
        assert bool(given) == bool(post.images)
        assert not given & keys(post)
        assert not (keys(post) & tied and given & tied)


def test_posts_that_share_a_picture_still_do() -> None:
    posts = shown()
    change = swap_pictures(posts, 0)
    for first, second in zip(posts[:6], posts[6:12], strict=True):
        assert change(first).images == change(second).images


def test_the_order_of_the_posts_changes_nothing() -> None:
    posts = shown()
    mixed = random.Random(5).sample(posts, len(posts))
    for swap in (swap_pictures, swap_texts):
        first, second = swap(posts, 3), swap(mixed, 3)
        assert [first(post) for post in posts] == [second(post) for post in posts]
        assert [first(post) for post in posts] != [swap(posts, 4)(post) for post in posts]


def test_texts_are_deranged_by_content() -> None:
    posts = shown()
    change = swap_texts(posts, 0)
    assert all(change(post).text != post.text for post in posts)
    assert {change(post).text for post in posts} == {post.text for post in posts}
    blank = Post("blank", " ")
    assert swap_texts([*posts, blank], 0)(blank) == blank


def test_one_content_cannot_be_swapped() -> None:
    with pytest.raises(InputError, match="one picture only, which cannot be swapped"):
        swap_pictures(shown()[:1] * 2, 0)
    with pytest.raises(InputError, match="one text only"):
        swap_texts([Post("1", "a"), Post("2", "a")], 0)
    post = Post("1", "a")
    assert swap_pictures([post], 0)(post) == post


def test_what_is_left_is_never_nothing(tmp_path: Path) -> None:
    for post in tiny_posts(tmp_path):
        for change in (without_pictures, without_text):
            left = change(post)
            assert left.text.strip() or left.images
    assert without_pictures(Post("1", "a", (b"x",))) == Post("1", "a")
    assert without_text(Post("1", "a", (b"x",))) == Post("1", "", (b"x",))
    assert without_pictures(Post("1", "http://t.co/x", (b"x",))).images == (b"x",)
