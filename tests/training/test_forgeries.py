"""What the forgery stage learns from: all saved alike, news beside copies of which a part was moved."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rumorscope.data.images import read_image
from rumorscope.errors import InputError
from rumorscope.post import Label, Manipulation, Post
from rumorscope.training.forgeries import LONGEST_SIDE, news_forgeries, saved_alike


def noise(seed: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A picture without two equal places, as a PNG file."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def forgery(name: str, seed: int, *, tampered: bool) -> Post:
    return Post(name, "", (noise(seed),), manipulation=Manipulation(tampered))


def test_a_forgery_set_keeps_what_is_known_and_is_saved_alike() -> None:
    posts = [forgery("a", 1, tampered=True), forgery("b", 2, tampered=False)]
    saved = saved_alike(posts)
    assert [(post.id, post.manipulation) for post in saved] == [(p.id, p.manipulation) for p in posts]
    for before, after in zip(posts, saved, strict=True):
        (path,) = after.images
        assert isinstance(path, Path)
        assert path.read_bytes().startswith(b"\xff\xd8\xff")  # a JPEG file
        difference = np.abs(_pixels(before.images[0]) - _pixels(path))
        assert 0 < difference.mean() < 12  # saved, and else the same


def test_what_is_not_known_is_left_out() -> None:
    unknown = replace(forgery("a", 1, tampered=True), manipulation=None)
    pictureless = replace(forgery("b", 1, tampered=True), images=())
    assert saved_alike([unknown, pictureless]) == []


def test_news_pictures_come_once_as_they_are_and_once_with_a_part_moved() -> None:
    real = Post("r", "Bridge holds", (noise(3),), Label.NON_RUMOR)
    posts = [real, replace(real, id="again"), Post("f", "Shark!", (noise(4),), Label.RUMOR)]
    saved, moved = news_forgeries(posts, most=10)
    assert (saved.manipulation, moved.manipulation) == (Manipulation(False), Manipulation(True))
    assert saved.label is moved.label is Label.NON_RUMOR
    changed = np.abs(_pixels(saved.images[0]) - _pixels(moved.images[0])).max(axis=2) > 60
    assert 0.005 < changed.mean() < 0.5  # a part, not the whole


def test_no_more_than_asked_for() -> None:
    posts = [Post(str(seed), "", (noise(seed),), Label.NON_RUMOR) for seed in range(4)]
    assert len(news_forgeries(posts, most=3)) == 6
    assert news_forgeries(posts, most=0) == []


def test_large_pictures_become_smaller() -> None:
    (post,) = saved_alike([Post("a", "", (noise(5, (1024, 512)),), manipulation=Manipulation(True))])
    assert read_image(post.images[0]).size == (LONGEST_SIDE, LONGEST_SIDE // 2)


@pytest.mark.parametrize("make", [saved_alike, lambda posts: news_forgeries(posts, 9)])
def test_the_same_pictures_come_out_again_and_are_not_made_twice(
    make: Callable[[list[Post]], list[Post]],
) -> None:
    post = Post("a", "", (noise(6),), Label.NON_RUMOR, manipulation=Manipulation(False))
    first = make([post])
    paths = [path for made in first for path in made.images if isinstance(path, Path)]
    contents, times = [path.read_bytes() for path in paths], [path.stat().st_mtime_ns for path in paths]
    assert make([post]) == first
    assert [path.stat().st_mtime_ns for path in paths] == times
    for path in paths:
        path.unlink()
    make([post])
    assert [path.read_bytes() for path in paths] == contents  # the picture alone decides


def test_an_unreadable_picture_is_named() -> None:
    with pytest.raises(InputError, match="not a readable picture"):
        saved_alike([Post("a", "", (b"no picture",), manipulation=Manipulation(True))])


def _pixels(source: Path | bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(read_image(source), dtype=np.float64)
