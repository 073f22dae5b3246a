"""Every protocol keeps together what it says, and puts each post in exactly one part."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.near_duplicates import near_duplicate_groups
from rumorscope.data.splitting import PROTOCOLS, Protocol, make_split, parse_ratios
from rumorscope.errors import InputError
from rumorscope.post import Label, Post

START = datetime(2020, 1, 1, tzinfo=UTC)


@cache
def picture(seed: int, quality: int = 90) -> bytes:
    """A picture of smooth blobs; another quality is a near-duplicate."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC).save(file, "JPEG", quality=quality)
    return file.getvalue()


def manifest(posts: list[Post], splits: list[str | None] | None = None) -> Manifest:
    return Manifest(Path("data"), tuple(posts), tuple(splits or [None] * len(posts)), "0" * 64)


def many(count: int = 60, *, events: int = 12, pictures: int = 20) -> Manifest:
    """Posts of events and pictures by turns; every third post shows another file of its picture."""
    return manifest(
        [
            Post(
                id=str(n),
                text="",
                images=(picture(n % pictures, 90 if n % 3 else 40),),
                label=Label(n % 2),
                event=f"event {n % pictures % events}",
                time=START + timedelta(hours=7 * n % count),
            )
            for n in range(count)
        ]
    )


def of_events(*sizes: int) -> list[Post]:
    """Events e0, e1, … of so many posts, each with a picture of its own: picture(10) is the first of e1."""
    return [
        Post(f"{event}-{n}", "", (picture(10 * event + n),), Label(n % 2), f"e{event}")
        for event, size in enumerate(sizes)
        for n in range(size)
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_post_has_one_part_and_the_seed_decides(protocol: Protocol) -> None:
    data = many()
    plan = make_split(data, protocol, seed=1)
    assert plan == make_split(data, protocol, seed=1)
    assert all(len(fold.assignment) == len(data.posts) for fold in plan.folds)
    if protocol not in ("published", "time"):
        assert plan.folds != make_split(data, protocol, seed=2).folds


@pytest.mark.parametrize("protocol", ["random", "stratified", "event", "image"])
def test_folds_test_each_post_once_and_validate_on_others(protocol: Protocol) -> None:
    plan = make_split(many(), protocol, folds=4)
    assert [fold.name for fold in plan.folds] == ["1", "2", "3", "4"]
    for parts in zip(*(fold.parts for fold in plan.folds), strict=True):
        assert Counter(parts)["test"] == 1
    for fold in plan.folds:
        counts = Counter(fold.parts)
        assert counts["train"] > counts["validation"] > 0
        assert counts["unused"] == 0


@pytest.mark.parametrize(("protocol", "folds"), [("event", 1), ("event", 3), ("image", 1), ("image", 3)])
def test_groups_never_straddle(protocol: Protocol, folds: int) -> None:
    data = many()
    groups = near_duplicate_groups(data.posts).tolist()
    assert len(set(groups)) == 20  # the files of another quality belong to their pictures
    for fold in make_split(data, protocol, folds=folds).folds:
        for kept in [groups] + [[post.event for post in data.posts]] * (protocol == "event"):
            assert all(
                len({p for p, g in zip(fold.parts, kept, strict=True) if g == one}) == 1 for one in kept
            )


def test_a_near_duplicate_ties_two_events() -> None:
    posts = of_events(2, 2, 2, 2, 2, 2)
    posts[0] = Post("twin", "", (picture(31, quality=40),), Label(0), "e0")
    for seed in range(10):
        parts = make_split(manifest(posts), "event", seed=seed, ratios=(0.5, 0.25, 0.25)).folds[0].parts
        assert len({part for post, part in zip(posts, parts, strict=True) if post.event in ("e0", "e3")}) == 1


def test_time_trains_on_the_past() -> None:
    data = many()
    parts = make_split(data, "time", ratios=(0.7, 0.1, 0.2)).folds[0].parts
    times = {
        part: [p.time for p, own in zip(data.posts, parts, strict=True) if own == part] for part in parts
    }
    assert Counter(parts) == {"train": 42, "validation": 6, "test": 12}
    assert max(t for t in times["train"] if t) < min(t for t in times["validation"] if t)
    assert max(t for t in times["validation"] if t) < min(t for t in times["test"] if t)


def test_an_event_left_out_takes_its_pictures_with_it() -> None:
    """What shows a tested picture under another event is not used at all."""
    posts = of_events(6, 5, 4, 3)
    posts.append(Post("twin", "", (picture(0, quality=40),), Label(1), "e3"))
    plan = make_split(manifest(posts), "leave_one_event_out")
    assert [fold.name for fold in plan.folds] == ["e0", "e1", "e2", "e3"]
    for fold in plan.folds:
        tested = {post.event for post, part in zip(posts, fold.parts, strict=True) if part == "test"}
        assert tested == {fold.name}
        assert {"train", "validation", "test"} <= set(fold.parts)
    assert plan.fold("e0").parts[-1] == "unused"
    assert plan.fold("e3").parts[0] == "unused"
    assert Counter(plan.fold("e1").parts)["unused"] == 0


def test_published_keeps_the_splits() -> None:
    data = manifest([Post(str(n), "") for n in range(5)], ["train", "test", "validation", None, "extra"])
    plan = make_split(data, "published")
    assert plan.folds[0].assignment == "tsvt-"
    published = manifest(list(data.posts[:3]), ["train", "test", "validation"])
    assert make_split(published, "published").apply(published) is published


@given(
    count=st.integers(30, 120),
    events=st.integers(6, 15),
    seed=st.integers(0, 3),
    protocol=st.sampled_from(["random", "stratified", "event", "time"]),
)
@settings(deadline=None, max_examples=30)
def test_ratios_are_met_within_the_largest_group(
    count: int, events: int, seed: int, protocol: Protocol
) -> None:
    drawn = np.random.default_rng(count).integers(0, events, count)
    posts = [
        Post(str(n), "", (), Label(n % 2), f"e{drawn[n]}", START + timedelta(days=n)) for n in range(count)
    ]
    parts = make_split(manifest(posts), protocol, seed=seed, ratios=(0.6, 0.2, 0.2)).folds[0].parts
    largest = max(Counter(post.event for post in posts).values()) if protocol == "event" else 1
    wished = {"train": 0.6 * count, "validation": 0.2 * count, "test": 0.2 * count}
    assert all(abs(Counter(parts)[part] - share) <= largest + 1e-9 for part, share in wished.items())


@pytest.mark.parametrize(
    ("protocol", "lacking"),
    [
        ("event", "event"),
        ("leave_one_event_out", "event"),
        ("time", "time"),
        ("stratified", "label"),
    ],
)
def test_posts_that_lack_what_a_protocol_goes_by_are_refused(protocol: Protocol, lacking: str) -> None:
    with pytest.raises(InputError, match=f"2 posts name no {lacking}, such as a, and this protocol goes by"):
        make_split(manifest([Post("a", ""), Post("b", "")]), protocol)


def test_what_cannot_be_is_refused() -> None:
    data = many()
    with pytest.raises(InputError, match="no protocol 'half'; there are: published, random"):
        make_split(data, "half")  # type: ignore[arg-type]  # as from a configuration
    with pytest.raises(InputError, match="the three must add up to 1"):
        make_split(data, "random", ratios=(0.8, 0.1, 0.2))
    with pytest.raises(InputError, match="folds=0"):
        make_split(data, "random", folds=0)
    with pytest.raises(InputError, match="the protocol time decides its folds itself"):
        make_split(data, "time", folds=5)
    with pytest.raises(InputError, match="needs two or more, and the posts name 1"):
        make_split(manifest([Post("a", "", event="x")]), "leave_one_event_out")


@pytest.mark.parametrize(
    ("text", "ratios"),
    [
        ("8:1:1", (0.8, 0.1, 0.1)),
        ("70/10/20", (0.7, 0.1, 0.2)),
        ("80:20", (0.8, 0.0, 0.2)),
        ("0.7:0.1:0.2", (0.7, 0.1, 0.2)),
    ],
)
def test_ratios_as_papers_print_them(text: str, ratios: tuple[float, ...]) -> None:
    assert parse_ratios(text) == pytest.approx(ratios)


@pytest.mark.parametrize("text", ["", "8", "8:1", "a:b:c", "8:-1:3", "0:0:0", "inf:1:1", "1:1:1:1"])
def test_other_ratios_are_refused(text: str) -> None:
    if text == "8:1":
        assert parse_ratios(text) == pytest.approx((8 / 9, 0, 1 / 9))
        return
    with pytest.raises(InputError, match="write train:validation:test"):
        parse_ratios(text)


def test_twitter_at_random_puts_most_pictures_on_both_sides(twitter: Path) -> None:
    data = load_manifest(twitter)
    parts = make_split(data, "random", ratios=parse_ratios("80:20")).folds[0].parts
    assert Counter(parts) == {"train": 11_905, "test": 2_976}
    shown = {
        source
        for post, part in zip(data.posts, parts, strict=True)
        if part == "train"
        for source in post.images
    }
    seen = [
        part == "test" and not shown.isdisjoint(p.images) for p, part in zip(data.posts, parts, strict=True)
    ]
    assert sum(seen) / 2_976 > 0.98


def test_pheme_leaves_out_each_of_its_five_events(pheme: Path) -> None:
    plan = make_split(load_manifest(pheme), "leave_one_event_out")
    assert {fold.name: Counter(fold.parts)["test"] for fold in plan.folds} == {
        "charliehebdo": 882,
        "sydneysiege": 391,
        "ferguson": 331,
        "ottawashooting": 234,
        "germanwings-crash": 163,
    }
    assert all(Counter(fold.parts)["validation"] in (163, 234) for fold in plan.folds)
