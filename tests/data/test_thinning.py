from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rumorscope.data.thinning import thin
from rumorscope.post import Post


def posts(*pictures: str) -> list[Post]:
    """A post for each word; each letter is a picture."""
    return [Post(str(n), "", tuple(letter.encode() for letter in word)) for n, word in enumerate(pictures)]


def test_so_many_of_each_picture_in_order() -> None:
    kept = thin(posts("a", "a", "b", "a", "", "b", "a", ""), 2, seed=0)
    assert Counter(post.images for post in kept) == {(b"a",): 2, (b"b",): 2, (): 2}
    assert [post.id for post in kept] == sorted(post.id for post in kept)


def test_the_seed_chooses() -> None:
    chosen = {thin(posts(*"aaaa"), 1, seed)[0].id for seed in range(40)}
    assert chosen == {"0", "1", "2", "3"}
    assert thin(posts(*"aaaa"), 2, seed=3) == thin(posts(*"aaaa"), 2, seed=3)


def test_equal_files_are_one_picture(tmp_path: Path) -> None:
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / name).write_bytes(b"same")
    assert len(thin([Post(name, "", (tmp_path / name,)) for name in ("one.jpg", "two.jpg")], 1, seed=0)) == 1


@given(st.lists(st.text("abc", max_size=3), max_size=12), st.integers(1, 3), st.integers(0, 9))
def test_no_picture_is_shown_more_often_and_no_post_could_be_added(
    pictures: list[str], limit: int, seed: int
) -> None:
    every = posts(*pictures)
    kept = thin(every, limit, seed)
    shown = Counter(image for post in kept for image in set(post.images))
    assert all(count <= limit for count in shown.values())
    for post in every:
        assert post in kept or any(shown[image] == limit for image in post.images)
