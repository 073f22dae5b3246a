from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rumorscope.data.images import read_image
from rumorscope.errors import InputError
from rumorscope.evaluation.robustness.registry import Perturbation, perturbations
from rumorscope.post import Post
from tiny import tiny_posts

ALL = perturbations()


def test_names() -> None:
    names = [perturbation.name for perturbation in ALL]
    assert len(set(names)) == len(names) == 25
    assert [p.name for p in perturbations(["typos", "crop", "typos"])] == ["typos", "crop"]
    with pytest.raises(InputError, match="no perturbation 'rotate'; there are: jpeg_50, jpeg_20"):
        perturbations(["rotate"])


@pytest.mark.parametrize("perturbation", ALL, ids=lambda p: p.name)
def test_a_pure_function_of_the_post_whatever_the_order(perturbation: Perturbation, tmp_path: Path) -> None:
    posts = tiny_posts(tmp_path)
    change = perturbation.prepare(posts, 0)
    forth = [change(post) for post in posts]
    mixed = random.Random(1).sample(posts, len(posts))
    again = perturbation.prepare(mixed, 0)
    back = {post.id: again(post) for post in mixed}
    assert forth == [back[post.id] for post in posts]
    assert posts == tiny_posts(tmp_path)
    for before, after in zip(posts, forth, strict=True):
        assert (after.id, after.label, after.event) == (before.id, before.label, before.event)
        assert after.text.strip() or after.images
        for source in after.images:
            read_image(source)


@pytest.mark.parametrize("perturbation", ALL, ids=lambda p: p.name)
def test_only_its_own_modality_is_altered(perturbation: Perturbation, tmp_path: Path) -> None:
    posts = tiny_posts(tmp_path)
    change = perturbation.prepare(posts, 0)
    for post in posts:
        altered = change(post)
        if perturbation.kind == "redrawn" or perturbation.name.endswith("picture"):
            assert altered.text == post.text
        else:
            assert altered.images == post.images


def test_odd_files_go_through_the_one_reader() -> None:
    frames = [Image.new("P", (20, 10), color) for color in (1, 2)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    (flip,) = perturbations(["flip"])
    (altered,) = flip.prepare([], 0)(Post("1", "", (file.getvalue(),))).images
    assert np.array_equal(np.asarray(read_image(altered)), np.asarray(read_image(file.getvalue())))


def test_an_unreadable_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    (crop,) = perturbations(["crop"])
    with pytest.raises(InputError, match=r"no\.jpg is not a readable picture"):
        crop.prepare([], 0)(Post("1", "", (tmp_path / "no.jpg",)))


def test_a_text_is_not_altered_to_nothing() -> None:
    (no_urls,) = perturbations(["no_mentions"])
    change = no_urls.prepare([], 0)
    alone = Post("1", "@somebody")
    assert change(alone) == alone
    assert change(Post("1", "@somebody", (b"x",))).text == ""
