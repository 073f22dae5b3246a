"""What the classifier of surfaces is given to read."""

from __future__ import annotations

import math
from pathlib import Path

from evaluation.audit.pictures import encoded, picture
from rumorscope.data.near_duplicates import hash_pictures
from rumorscope.evaluation.audit.surfaces import SURFACES, Surface, picture_form, surfaces
from rumorscope.post import Post


def all_surfaces(posts: list[Post], folder: Path) -> dict[str, Surface]:
    return {surface.name: surface for surface in surfaces(posts, hash_pictures(posts), folder)}


def test_a_pictures_form() -> None:
    data = encoded(picture(0, size=(256, 128)), "JPEG")
    octaves = round(2 * math.log2(len(data)))
    assert picture_form(data) == f"JPEG 256x128 width:16 height:14 aspect:2 bytes:{octaves}"


def test_a_picture_is_one_item_however_many_posts_show_it(tmp_path: Path) -> None:
    for name, seed in (("fake/a.png", 0), ("real/b.png", 1)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(encoded(picture(seed, size=(64 + seed, 64))))
    first, second = tmp_path / "fake/a.png", tmp_path / "real/b.png"
    found = all_surfaces(
        [Post("1", "", (first,)), Post("2", "long", (first, second)), Post("3", "")], tmp_path
    )
    assert len(found) <= SURFACES
    assert found["file name"].items == ("a.png", "b.png")
    assert found["folder"].items == ("fake", "real")
    assert found["folder"].owners == ((0, 1), (1,))
    assert [form.split()[1] for form in found["picture form"].items] == ["64x64", "65x64"]
    assert found["filled columns"].items[0].startswith("images:True event:False")
    assert found["text length"].items == ("characters:0", "characters:5", "characters:0")


def test_what_is_the_same_everywhere_is_no_surface() -> None:
    assert all_surfaces([Post("1", "same"), Post("2", "same")], Path()).keys() == {"post id"}
