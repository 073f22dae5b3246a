"""CASIA's tampering sets: names, masks under corrected names, and groups of sources that stay together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept, casia1, casia2
from rumorscope.data.adapters._casia import Layout, read_casia
from rumorscope.post import Manipulation

LAYOUT = Layout("https://example.org", ("Sp",), ("masks",), "Sp", 4, {})


def kept(published: Any, *names: str) -> dict[str, Kept]:
    published.pictures(*names)
    return {row.post.id: row for row in read_casia(published.folder, LAYOUT) if isinstance(row, Kept)}


def others(number: int) -> list[str]:
    """Authentic pictures that share nothing with any other: a split needs a few groups."""
    return [f"Au/Au_sec_{9000 + index}.jpg" for index in range(number)]


def test_what_the_names_of_version_1_tell(published: Any) -> None:
    rows = kept(
        published,
        "Au/Au_pla_0005.jpg",
        "Sp/Sp_D_CND_A_pla0005_pla0023_0281.jpg",
        "Sp/Sp_S_NNN_C_txt0001_txt0001_0001.JPG",
        "masks/Sp/Sp_D_CND_A_pla0005_pla0023_0281_gt.png",
        *others(3),
    )
    authentic, spliced = rows["Au_pla_0005"], rows["Sp_D_CND_A_pla0005_pla0023_0281"]
    copied = rows["Sp_S_NNN_C_txt0001_txt0001_0001"]
    mask = published / "masks/Sp/Sp_D_CND_A_pla0005_pla0023_0281_gt.png"
    assert authentic.post.manipulation == Manipulation(tampered=False)
    assert spliced.post.manipulation == Manipulation(True, "splice", mask)
    assert copied.post.manipulation == Manipulation(True, "copy_move", None)
    assert (authentic.post.event, spliced.post.event, copied.post.event) == ("pla0005", "pla0005", "txt0001")
    assert (spliced.post.text, spliced.post.label, spliced.needs_image) == ("", None, True)
    assert spliced.post.images == (published / "Sp/Sp_D_CND_A_pla0005_pla0023_0281.jpg",)


def test_version_2(published: Any) -> None:
    published.pictures(
        "Au/Au_ani_00018.jpg",
        "Au/Au_art_30001.bmp",
        "Au/Au_art_30002.jpg",
        "Tp/Tp_D_CND_M_N_ani00018_sec00096_00138.tif",
        "Tp/Tp_D_NRD_S_N_cha10002_cha10001_20094.jpg",
        "CASIA2_GT/Tp_D_CND_M_N_ani00018_sec00096_00138_gt3.png",
    )
    rows = list(casia2.read(published.folder))
    dropped = [row for row in rows if isinstance(row, Dropped)]
    assert [(row.row, row.reason) for row in dropped] == [
        ("Tp_D_NRD_S_N_cha10002_cha10001_20094", "it was only cropped out of an authentic picture")
    ]
    (spliced,) = [row.post for row in rows if isinstance(row, Kept) and "Tp_" in row.post.id]
    assert spliced.manipulation == Manipulation(
        True, "splice", published / "CASIA2_GT/Tp_D_CND_M_N_ani00018_sec00096_00138_gt3.png"
    )
    assert [row.post.id for row in rows if isinstance(row, Kept) and row.post.event == "ani00018"] == [
        "Au_ani_00018",
        "Tp_D_CND_M_N_ani00018_sec00096_00138",
    ]


def test_a_misnamed_picture_takes_its_kind_and_its_sources_from_its_mask(published: Any) -> None:
    rows = kept(
        published,
        "Sp/Sp_S_NND_A_art0025_art0019_0090.jpg",  # spliced: two sources
        "Sp/Sp_D_NRN_A_ant0063_nat0065_0443.jpg",  # no such source as ant0063
        "Au/Au_nat_0063.jpg",
        "masks/Sp_D_NND_A_art0025_art0019_0090_gt.png",
        "masks/Sp_D_NND_A_art0025_art0019_0091_gt.png",  # another number
        "masks/Sp_D_NRN_A_nat0063_nat0065_0443_gt.png",
        *others(3),
    )
    spliced = rows["Sp_S_NND_A_art0025_art0019_0090"].post
    assert spliced.manipulation == Manipulation(
        True, "splice", published / "masks/Sp_D_NND_A_art0025_art0019_0090_gt.png"
    )
    assert rows["Au_nat_0063"].post.event == rows["Sp_D_NRN_A_ant0063_nat0065_0443"].post.event


def test_a_mask_that_bears_another_pictures_name_is_not_taken(published: Any) -> None:
    rows = kept(
        published,
        "Sp/Sp_S_NNN_A_ani0001_ani0001_0007.jpg",
        "Sp/Sp_D_NNN_A_ani0001_ani0002_0007.jpg",
        "masks/Sp_D_NNN_A_ani0001_ani0002_0007_gt.png",
        *others(3),
    )
    lacking = rows["Sp_S_NNN_A_ani0001_ani0001_0007"].post.manipulation
    assert lacking == Manipulation(True, "copy_move", None)


def test_pictures_tied_through_others_are_never_divided(published: Any) -> None:
    chain = [f"Sp/Sp_D_NNN_A_ani{n:04}_ani{n + 1:04}_{n:04}.jpg" for n in range(1, 20)]
    rows = kept(published, *chain, *(f"Au/Au_ani_{n:04}.jpg" for n in range(1, 21)), *others(60))
    tied = [row for name, row in rows.items() if "sec" not in name]
    assert len(tied) == 39
    assert {(row.post.event, row.split) for row in tied} == {("ani0001", "train")}
    assert Counter(row.split for row in rows.values()) == {"train": 69, "validation": 10, "test": 20}


def test_each_split_has_both_classes(published: Any) -> None:
    pairs = [
        name
        for n in range(1, 41)
        for name in (f"Au/Au_ani_{n:04}.jpg", f"Sp/Sp_S_NNN_A_ani{n:04}_ani{n:04}_{n:04}.jpg")
    ]
    rows = kept(published, *pairs)
    counts = Counter((row.split, "Sp_" in name) for name, row in rows.items())
    assert counts == {
        ("train", True): 28, ("train", False): 28, ("validation", True): 4, ("validation", False): 4,
        ("test", True): 8, ("test", False): 8,
    }  # fmt: skip
    assert {name: row.split for name, row in kept(published).items()} == {
        name: row.split for name, row in rows.items()
    }


@pytest.mark.parametrize(
    ("read", "foreign"),
    [(casia1.read, "Sp/Tp_D_CND_M_N_ani00018_sec00096_00138.jpg"),
     (casia2.read, "Tp/Sp_D_CND_A_pla0005_pla0023_0281.jpg")],
)  # fmt: skip
def test_names_of_the_other_version_are_dropped(published: Any, read: Any, foreign: str) -> None:
    published.pictures("Au/notes.jpg", foreign)
    assert [row.reason.split(",")[0] for row in read(published.folder)] == [
        "its name does not tell whether it is authentic"
    ] * 2


def test_the_picture_of_version_1_that_nobody_altered(published: Any) -> None:
    published.pictures("Sp/Sp_D_NRN_A_sce0011_cha0011_0542.jpg", *others(3))
    assert next(iter(casia1.read(published.folder))) == Dropped(
        "Sp_D_NRN_A_sce0011_cha0011_0542", "it shows the authentic Au_cha_0011 as it is, only saved anew"
    )
