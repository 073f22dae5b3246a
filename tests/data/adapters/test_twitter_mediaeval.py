"""Every quirk of the Twitter / MediaEval files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept
from rumorscope.data.adapters.twitter_mediaeval import event_of, read
from rumorscope.post import Label

TIME = "Wed Apr 17 18:57:37 +0000 2013"
TRAIN = "post_id\tpost_text\tuser_id\timage_id(s)\tusername\ttimestamp\tlabel"
TEST = "post_id\tpost_text\tuser_id\tusername\timage_id\ttimestamp\tlabel"


@pytest.fixture
def rows(published: Any) -> dict[str, Kept | Dropped]:
    published.pictures(
        "images_train/boston_fake_03.png",
        "images_train/columbianChemicals_fake_12.png",
        "images_validation/sandyB_real_09.png",
        "images_test/attacks_paris_1.png",
        "images_test/._attacks_paris_2.png",
    )
    published.text(
        "train_posts.txt",
        TRAIN,
        f'1\tan "open quote\\nand &amp;\t7\tboston_fake_03, boston_fake_35\tname\t{TIME}\tfake',
        f"2\talias\t7\tsandy_real_09\tname\t{TIME}\treal",
        f"3\tupper case\t7\tcolumbianChemicals_fake_12\tname\t{TIME}\tfake",
        f"4\ta video\t7\tsyrianboy_1\tname\t{TIME}\tfake",
        "5\tcut off",
        f"6\tlabel\t7\tboston_fake_03\tname\t{TIME}\thumor",
        "7\ttime\t7\tboston_fake_03\tname\tTue Mar 11 23: 59: 22 +0000 2014\tfake",
    )
    published.text(
        "test_posts.txt",
        TEST,
        f"8\tother columns\t7\tname\tattacks_paris_1\t{TIME}\treal",
        f"9\tno picture but a Mac's\t7\tname\tattacks_paris_2\t{TIME}\treal",
    )
    return {row.row if isinstance(row, Dropped) else row.post.id: row for row in read(published.folder)}


def test_every_row_is_answered(rows: dict[str, Kept | Dropped]) -> None:
    assert {key: row.reason for key, row in rows.items() if isinstance(row, Dropped)} == {
        "4": "no still picture of syrianboy_1",
        "train_posts.txt line 6": "it has another number of columns than the header",
        "6": "unknown label 'humor'",
        "9": "no still picture of attacks_paris_2",
    }
    assert {key: row.split for key, row in rows.items() if isinstance(row, Kept)} == {
        "1": "train", "2": "train", "3": "train", "7": "train", "8": "test",
    }  # fmt: skip


def test_the_corpus_own_folders(published: Any) -> None:
    row = f"7\tboston_fake_03\tname\t{TIME}\tfake"
    published.text("mediaeval2016/devset/posts.txt", TRAIN, f"1\ta\t{row}")
    published.text("mediaeval2016/testset/posts_groundtruth.txt", TEST, f"2\tb\t7\tn\tpig_1\t{TIME}\treal")
    published.pictures(
        "mediaeval2016/devset/Medieval2016_DevSet_Images/BostonMarathon/fakes/boston_fake_03.png",
        "mediaeval2016/testset/Mediaeval2016_TestSet_Images/pig_1.png",
    )
    rows = list(read(published.folder))
    assert [
        (row.post.id, row.split, row.images[0].stem) if isinstance(row, Kept) else row for row in rows
    ] == [("1", "train", "boston_fake_03"), ("2", "test", "pig_1")]


def test_a_post_is_read_as_it_stands(rows: dict[str, Kept | Dropped]) -> None:
    row = rows["1"]
    assert isinstance(row, Kept)
    assert row.post.text == 'an "open quote\\nand &amp;'
    assert [path.name for path in row.images] == ["boston_fake_03.png"]
    assert row.missing_images == ("boston_fake_35",)
    assert (row.post.label, row.post.event) == (Label.RUMOR, "boston")
    assert row.post.time == datetime(2013, 4, 17, 18, 57, 37, tzinfo=UTC)
    assert row.post.user == "name"


def test_pictures_are_found_under_other_names(rows: dict[str, Kept | Dropped]) -> None:
    names = {key: row.images[0].name for key, row in rows.items() if isinstance(row, Kept)}
    assert names["2"] == "sandyB_real_09.png"
    assert names["3"] == "columbianChemicals_fake_12.png"
    assert names["8"] == "attacks_paris_1.png"


def test_a_time_with_spaces(rows: dict[str, Kept | Dropped]) -> None:
    row = rows["7"]
    assert isinstance(row, Kept)
    assert row.post.time == datetime(2014, 3, 11, 23, 59, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("image_id", "event"),
    [("sandyA_fake_29", "sandy"), ("sandyB_real_09", "sandy"), ("sandy_real_1", "sandy"),
     ("boston_fake_03", "boston"), ("eclipse_video_01", "eclipse"), ("attacks_paris_1", "attacks_paris"),
     ("livr_01", "livr"), ("woman_14_children_2", "woman_14_children"), ("syrianboy_1", "syrianboy")],
)  # fmt: skip
def test_the_event_is_the_prefix(image_id: str, event: str) -> None:
    assert event_of(image_id) == event
