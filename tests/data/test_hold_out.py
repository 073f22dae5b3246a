"""Holding posts out: whole groups, never too many, the same for the same seed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rumorscope.data.hold_out import Grouping, hold_out
from rumorscope.errors import InputError
from rumorscope.post import Post


def picture(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (2, 2), shade).save(buffer, "PNG")
    return buffer.getvalue()


def posts(*images: Sequence[int], events: Sequence[str] = ()) -> list[Post]:
    return [
        Post(str(n), "", tuple(map(picture, shades)), event=events[n] if events else None)
        for n, shades in enumerate(images)
    ]


def ids(chosen: Sequence[Post]) -> set[str]:
    return {post.id for post in chosen}


def test_random_takes_exactly_the_fraction_and_keeps_the_order() -> None:
    given_posts = posts(*[()] * 10)
    kept, held = hold_out(given_posts, "random", 0.3, seed=0)
    assert (len(kept), len(held)) == (7, 3)
    assert kept == [post for post in given_posts if post in kept]
    assert ids(kept) | ids(held) == ids(given_posts)


def test_the_seed_decides() -> None:
    given_posts = posts(*[()] * 30)
    assert hold_out(given_posts, "random", 0.5, 1) == hold_out(given_posts, "random", 0.5, 1)
    assert hold_out(given_posts, "random", 0.5, 1) != hold_out(given_posts, "random", 0.5, 2)


def test_pictures_tie_posts_together_even_through_others() -> None:
    # 0 and 1 share picture 10, 1 and 2 share 20: one group of three; 3 and 4 stand alone
    given_posts = posts([10], [10, 20], [20], [30], [])
    outcomes = {frozenset(ids(hold_out(given_posts, "image", 0.6, seed)[1])) for seed in range(20)}
    assert outcomes == {frozenset("012"), frozenset("34")}


def test_a_group_larger_than_what_is_left_is_passed_over() -> None:
    events = ["large"] * 8 + ["small"] * 2
    for seed in range(5):
        _, held = hold_out(posts(*[()] * 10, events=events), "event", 0.2, seed)
        assert {post.event for post in held} == {"small"}


@given(
    events=st.lists(st.sampled_from("abcdef"), min_size=2, max_size=40),
    fraction=st.floats(0.05, 0.95),
    seed=st.integers(0, 5),
)
def test_no_event_straddles(events: list[str], fraction: float, seed: int) -> None:
    given_posts = posts(*[()] * len(events), events=events)
    try:
        kept, held = hold_out(given_posts, "event", fraction, seed)
    except InputError:
        return
    assert not {post.event for post in kept} & {post.event for post in held}
    assert 0 < len(held) <= round(fraction * len(events))
    assert len(kept) + len(held) == len(events)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_an_impossible_fraction(fraction: float) -> None:
    with pytest.raises(InputError, match="use a number between 0 and 1"):
        hold_out(posts((), ()), "random", fraction, 0)


@pytest.mark.parametrize(
    ("by", "message"), [("event", "post 0 names no event"), ("random", "the smallest group has 1")]
)
def test_what_cannot_be_held_out(by: Grouping, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hold_out(posts((), ()), by, 0.1, 0)
