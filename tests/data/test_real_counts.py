"""The counts that the real datasets must come out with, and that nothing is wrong with what is written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rumorscope.data.checking import inspect_folder
from rumorscope.data.importing import Account, import_dataset
from rumorscope.data.manifest import Manifest, load_manifest, load_rows
from rumorscope.data.near_duplicates import near_duplicate_groups
from rumorscope.data.statistics import Statistics, describe

SOURCES = {
    "twitter-mediaeval": "twitter_mediaeval2016",
    "weibo-jin": "weibo_jin2017",
    "weibo-ced": "weibo_ced_text",
    "pheme": "pheme_text",
    "flickr8k": "flickr8k_1000",
    "casia1": "casia1",
}


class Imported:
    """A real dataset, imported once for all tests of this file."""

    def __init__(self, name: str, source: Path, folder: Path) -> None:
        self.account: Account = import_dataset(name, source, folder)
        self.statistics: Statistics = describe(load_rows(folder))
        self.manifest: Manifest = load_manifest(folder)

    def splits(self) -> dict[str, tuple[int, int]]:
        """Rumors and non-rumors of each split."""
        return {group.name: (group.rumors, group.non_rumors) for group in self.statistics.splits}

    def outcomes(self) -> Counter[str]:
        return Counter(line.outcome for line in self.account.lines)


@pytest.fixture(scope="module")
def imported(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Imported:
    folder = tmp_path_factory.mktemp("imported") / request.param
    return Imported(request.param, real_data / SOURCES[request.param], folder)


def dataset(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("imported", [name], indirect=True, scope="module")


@dataset("twitter-mediaeval")
def test_twitter(imported: Imported) -> None:
    assert imported.splits() == {"train": (7557, 6207), "test": (643, 474)}
    assert imported.statistics.total.posts == 14_881
    assert imported.statistics.total.distinct_images == 486
    assert imported.outcomes() == {"kept": 14_881, "dropped": 2_976, "kept without a picture": 1}


@dataset("twitter-mediaeval")
def test_twitter_drops_by_picture(imported: Imported) -> None:
    dropped = {
        reason: count for outcome, reason, count, _ in imported.account.summary() if outcome == "dropped"
    }
    counts = {reason.removeprefix("no still picture of "): count for reason, count in dropped.items()}
    train = ("syrianboy_1", "varoufakis_1", "eclipse_video_01", "sandy_real_4", "sandy_real_6")
    assert [counts.pop(image) for image in train] == [1786, 61, 2, 2, 14]
    assert len(counts) == 26
    assert (counts["eagle_kid_1"], counts["syrian_children_2"]) == (334, 200)


@dataset("twitter-mediaeval")
def test_twitter_official_split_shares_neither_picture_nor_event(imported: Imported) -> None:
    parts = zip(imported.manifest.posts, imported.manifest.splits, strict=True)
    train, test = imported.manifest.split("train"), [post for post, split in parts if split == "test"]
    assert not {image for post in train for image in post.images} & {i for post in test for i in post.images}
    assert not {post.event for post in train} & {post.event for post in test}
    assert sum(post.event == "sandy" for post in train) == 10_206
    assert all(post.time for post in imported.manifest.posts)


@dataset("weibo-jin")
def test_weibo_jin(imported: Imported) -> None:
    assert imported.splits() == {"train": (3748, 3783), "test": (1000, 996)}
    with_images = Counter(post.label for post in imported.manifest.posts if post.images)
    assert (with_images[1], with_images[0]) == (49, 134)
    assert imported.statistics.total.distinct_images == 266
    assert imported.outcomes()["dropped"] == 0
    assert inspect_folder(imported.manifest.folder).problems == ()


@dataset("weibo-ced")
def test_weibo_ced(imported: Imported) -> None:
    assert imported.splits() == {"train": (409, 617), "validation": (65, 81), "test": (116, 179)}
    assert {group.name: group.posts for group in imported.statistics.splits} == {
        "train": 1026,
        "validation": 146,
        "test": 295,
    }


@dataset("pheme")
def test_pheme(imported: Imported) -> None:
    total = imported.statistics.total
    assert (total.posts, total.rumors, total.non_rumors) == (2001, 585, 1416)
    assert {group.name: group.posts for group in imported.statistics.events} == {
        "ferguson": 331,
        "ottawashooting": 234,
        "sydneysiege": 391,
        "charliehebdo": 882,
        "germanwings-crash": 163,
    }
    assert imported.outcomes()["dropped"] == 17  # of the split's 2,018 rows, those without a tweet id
    assert sum(group.posts for group in imported.statistics.splits) == 2001


@dataset("flickr8k")
def test_flickr8k(imported: Imported) -> None:
    images = {group.name: group.distinct_images for group in imported.statistics.splits}
    assert images == {"train": 753, "test": 125, "validation": 113, "none": 9}
    assert imported.statistics.total.distinct_images == 1000
    assert {group.name: group.posts for group in imported.statistics.languages} == {"en": 5000, "zh": 5000}


@dataset("casia1")
def test_casia1(imported: Imported) -> None:
    posts = [post for post in imported.manifest.posts if post.manipulation]
    counts = Counter(post.manipulation.kind for post in posts if post.manipulation)
    assert counts == {None: 799, "splice": 461, "copy_move": 459}  # as the list of misnamed files has it
    assert imported.outcomes() == {"kept": 1719, "dropped": 1, "kept without a mask": 1}
    assert sum(bool(post.manipulation and post.manipulation.mask) for post in posts) == 919
    assert inspect_folder(imported.manifest.folder).problems == ()


@dataset("casia1")
def test_casia1_splits_share_no_source(imported: Imported) -> None:
    manifest = imported.manifest
    parts = list(zip(manifest.posts, manifest.splits, strict=True))
    of_event = {post.event: split for post, split in parts}
    assert all(of_event[post.event] == split for post, split in parts)
    assert max(Counter(post.event for post in manifest.posts).values()) == 133
    counts = Counter((split, bool(post.manipulation and post.manipulation.tampered)) for post, split in parts)
    assert counts == {
        ("train", False): 560, ("train", True): 645, ("validation", False): 79, ("validation", True): 92,
        ("test", False): 160, ("test", True): 183,
    }  # fmt: skip


@dataset("casia1")
def test_casia1_groups_leave_no_near_duplicate_apart(imported: Imported) -> None:
    posts = imported.manifest.posts
    groups = near_duplicate_groups(posts)
    events = {(int(group), post.event) for group, post in zip(groups, posts, strict=True)}
    assert len(events) == len(set(groups.tolist()))
