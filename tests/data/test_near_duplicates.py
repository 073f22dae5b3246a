"""Pictures that show the same photograph are found; the pairs agree with comparing one by one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from imagehash import ImageHash
from PIL import Image, ImageFilter

from rumorscope.data.manifest import load_manifest
from rumorscope.data.near_duplicates import (
    MAX_DISTANCE,
    hash_pictures,
    near_duplicate_groups,
    near_duplicate_pairs,
)
from rumorscope.errors import InputError
from rumorscope.post import Post


def scene(seed: int) -> Image.Image:
    """Smooth blobs of colour: like a photograph, most of it is in the low frequencies."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)


def saved(image: Image.Image, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def test_changed_files_of_one_picture_are_tied_and_others_are_not() -> None:
    first = scene(0)
    versions = [
        saved(first, quality=95),
        saved(first, quality=30),
        saved(first.resize((150, 110))),
        saved(first.filter(ImageFilter.GaussianBlur(2))),
        saved(first.convert("L").convert("RGB")),
    ]
    posts = [Post(str(n), "", (source,)) for n, source in enumerate(versions)]
    posts += [Post("other", "", (saved(scene(1)),)), Post("third", "", (saved(scene(2)),)), Post("none", "")]
    assert near_duplicate_groups(posts).tolist() == [0, 0, 0, 0, 0, 1, 2, 3]


def test_a_post_of_two_pictures_ties_the_posts_of_each() -> None:
    red, blue = saved(scene(3)), saved(scene(4))
    posts = [
        Post("a", "", (red,)),
        Post("b", "", (blue,)),
        Post("c", "", (saved(scene(3), quality=40), blue)),
    ]
    assert near_duplicate_groups(posts[:2]).tolist() == [0, 1]
    assert near_duplicate_groups(posts).tolist() == [0, 0, 0]


def test_pairs_are_those_of_comparing_each_with_each() -> None:
    random = np.random.default_rng(0)
    bits = random.random((1500, 64)) < 0.5  # more than one block
    bits[1400] = bits[3]
    bits[700] = bits[3] ^ (np.arange(64) < 5)
    bits[1499, :60] = bits[1498, :60]
    hashes = [ImageHash(row.reshape(8, 8)) for row in bits]
    sample = sorted({3, 700, 1400, 1498, 1499, *random.integers(0, 1500, 60).tolist()})
    expected = {
        (a, b): hashes[a] - hashes[b] for a in sample for b in sample if a < b and hashes[a] - hashes[b] <= 16
    }
    pairs, distances = near_duplicate_pairs(bits, 16)
    found = {(a, b): d for (a, b), d in zip(pairs.tolist(), distances.tolist(), strict=True)}
    assert {pair: d for pair, d in found.items() if set(pair) <= set(sample)} == expected
    assert found[3, 1400] == 0
    assert found[3, 700] == 5


def test_no_pictures_are_no_pairs() -> None:
    assert near_duplicate_groups([Post("a", ""), Post("b", "")]).tolist() == [0, 1]
    assert hash_pictures([Post("a", "")]).bits.shape == (0, 64)


def test_an_unreadable_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"broken\.jpg is not a readable picture"):
        near_duplicate_groups([Post("a", "", (tmp_path / "broken.jpg",))])


def test_twitter_holds_the_pairs_that_were_looked_at(twitter: Path) -> None:
    """The evidence for the threshold: 18 pairs within it, all of one photograph; 24 unsure ones at 14."""
    bits = hash_pictures(load_manifest(twitter).posts).bits
    counts = np.bincount(near_duplicate_pairs(bits, 14)[1], minlength=15)
    assert len(bits) == 486
    assert counts[: MAX_DISTANCE + 1].sum() == 18
    assert (counts[12], counts[14]) == (6, 24)
