from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rumorscope.data.manifest import Row, load_manifest, write_rows
from rumorscope.data.split_file import Fold, SplitPlan, picture_hash, write_split
from rumorscope.data.splitting import make_split
from rumorscope.detectors import Stage
from rumorscope.errors import InputError
from rumorscope.training.config import DataConfig
from rumorscope.training.material import Material, gather
from tiny import tiny_picture
from training.toy import toy, toy_captions, toy_posts, write_manifest

PRETRAINING, END_TO_END = toy().stages()
POSTS = toy_posts()
SPLITS = ["train"] * 9 + ["validation"] * 3 + ["test"] * 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_manifest(tmp_path / "posts", POSTS, SPLITS)


def ids(posts: object) -> list[str]:
    return [post.id for post in posts]  # type: ignore[attr-defined]  # a sequence of posts


def test_splits_of_the_manifest(folder: Path) -> None:
    material = gather(DataConfig(folders=(folder,)))
    assert ids(material.train) == [str(n) for n in range(9)]
    assert ids(material.validation) == ["9", "10", "11"]


@pytest.mark.parametrize("by", ["random", "image", "event"])
def test_test_posts_are_never_touched(folder: Path, by: str) -> None:
    """With and without holding out, and among the captions too."""
    for hold_out in (None, {"by": by, "fraction": 0.5, "seed": 1}):
        config = DataConfig.parse({"folders": [folder], "captions": [folder], "hold_out": hold_out})
        material = gather(config)
        used = [*material.train, *material.validation, *material.captions, *material.caption_validation]
        assert set(ids(used)) == {str(n) for n in range(12)}


def test_held_out_events_are_in_training_no_more(folder: Path) -> None:
    material = gather(DataConfig.parse({"folders": [folder], "hold_out": {"by": "event", "fraction": 0.5}}))
    assert len(material.train) + len(material.validation) == 12
    assert material.validation
    assert not {post.event for post in material.train} & {post.event for post in material.validation}


def test_few_training_posts_of_a_picture(folder: Path) -> None:
    """The run's seed chooses them; validation keeps all its posts."""
    every = gather(DataConfig(folders=(folder,)))
    chosen = set()
    for seed in range(9):
        material = gather(DataConfig(folders=(folder,), posts_per_image=1), seed)
        assert material.validation == every.validation
        assert set(material.train) < set(every.train)
        images = [post.images for post in material.train if post.images]
        assert len(images) == len(set(images)) == len({post.images for post in every.train} - {()})
        chosen.add(tuple(ids(material.train)))
    assert len(chosen) > 1


def test_a_split_file_takes_the_place_of_the_splits(folder: Path, tmp_path: Path) -> None:
    manifest = load_manifest(folder)
    plan = make_split(manifest, "random", seed=1, ratios=(0.5, 0.2, 0.3), folds=3)
    write_split(plan, tmp_path / "split.json")
    for fold in plan.folds:
        material = gather(DataConfig(folders=(folder,), split=tmp_path / "split.json", fold=fold.name))
        parts = zip(POSTS, fold.parts, strict=True)
        assert {post.id for post, part in parts if part == "test"}.isdisjoint(ids(material.train))
        divided = plan.apply(manifest, fold.name)
        assert ids(material.train) == ids(divided.split("train"))
        assert ids(material.validation) == ids(divided.split("validation"))
        assert material.fingerprints == {str(folder): divided.fingerprint}
        assert material.divisions == {manifest.fingerprint: divided.fingerprint}


def test_posts_that_a_split_leaves_unused_teach_nothing(folder: Path, tmp_path: Path) -> None:
    manifest = load_manifest(folder)
    fold = Fold("", "tv-s" + "-" * 14)
    plan = SplitPlan("random", 0, (0.8, 0.1, 0.1), manifest.fingerprint, picture_hash(manifest), (fold,))
    write_split(plan, tmp_path / "split.json")
    material = gather(DataConfig(folders=(folder,), split=tmp_path / "split.json"))
    assert (ids(material.train), ids(material.validation)) == (["0"], ["1"])


def test_holding_out_is_for_splits_without_validation_posts(folder: Path, tmp_path: Path) -> None:
    manifest, file = load_manifest(folder), tmp_path / "split.json"
    held = {"folders": [folder], "hold_out": {"by": "random", "fraction": 0.5}, "split": file}
    for ratios, posts in (((0.5, 0.25, 0.25), (9, 5)), ((0.5, 0.0, 0.5), (5, 4))):
        write_split(make_split(manifest, "random", ratios=ratios), file)
        material = gather(DataConfig.parse(held))
        assert (len(material.train), len(material.validation)) == posts


def test_a_split_file_is_of_one_folder(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a split file divides one folder, and the run has 2"):
        gather(DataConfig(folders=(folder, folder), split=tmp_path / "split.json"))
    with pytest.raises(InputError, match="cannot read the split test"):
        gather(DataConfig(folders=(folder,), split=Path("test")))
    with pytest.raises(InputError, match="the fold '2' is of a split file, and none is given"):
        gather(DataConfig(folders=(folder,), fold="2"))


def test_manifests_are_joined_and_fingerprinted(folder: Path, tmp_path: Path) -> None:
    more = write_manifest(tmp_path / "more", [replace(POSTS[0], id="more")], [None])
    material = gather(DataConfig(folders=(folder, more)))
    assert len(material.train) == 10
    assert material.fingerprints.keys() == {str(folder), str(more)}
    assert all(len(fingerprint) == 64 for fingerprint in material.fingerprints.values())


def test_a_stage_gets_what_it_learns_from() -> None:
    material = Material(POSTS[:4], POSTS[4:6], toy_captions())
    assert material.of(PRETRAINING) == (material.captions, ())
    assert material.of(END_TO_END) == (material.train, material.validation)


def test_what_a_stage_cannot_use_is_refused() -> None:
    unlabelled = replace(POSTS[1], id="no-label", label=None)
    with pytest.raises(InputError, match=r"without a label: 1 of them \(no-label"):
        Material([*POSTS[:4], unlabelled], POSTS[4:6]).of(END_TO_END)
    with pytest.raises(InputError, match=r"without a label: 1 of them \(no-label"):
        Material(POSTS[:4], [unlabelled]).of(END_TO_END)
    with pytest.raises(InputError, match=r"without an image: 1 of them \(bare"):
        Material(POSTS, captions=[replace(POSTS[0], id="bare", images=())]).of(PRETRAINING)
    with pytest.raises(InputError, match=r"learns from captions, and the run has none; name a folder"):
        Material(POSTS).of(PRETRAINING)
    with pytest.raises(InputError, match=r"learns from posts, and the run has none"):
        Material([]).of(END_TO_END)
    with pytest.raises(InputError, match=r"the run has none; give the manifest a 'validation' split, or set"):
        Material(POSTS).of(END_TO_END)


def test_forgeries_teach_beside_news_and_validate_alone(folder: Path, tmp_path: Path) -> None:
    forgeries = tmp_path / "forgeries"
    (forgeries / "images").mkdir(parents=True)
    for number in range(6):
        (forgeries / "images" / f"{number}.png").write_bytes(
            tiny_picture(("red", "navy", "gold")[number % 3])
        )
    write_rows(
        forgeries,
        [
            Row(
                id=f"c{number}",
                text="",
                images_file_names=(f"images/{number}.png",),
                split="train" if number < 4 else "validation",
                tampered=number % 2 == 0,
            )
            for number in range(6)
        ],
    )
    material = gather(DataConfig(folders=(folder,), forgeries=(forgeries,)))
    of_set = [post for post in material.forgeries if post.label is None]
    news = [post for post in material.forgeries if post.label is not None]
    assert ids(of_set) == ["c0", "c1", "c2", "c3"]
    assert ids(material.forgery_validation) == ["c4", "c5"]
    assert len(news) <= 2 * (len(of_set) // 2)
    assert {post.manipulation.tampered for post in news if post.manipulation} == {True, False}
    assert str(forgeries) in material.fingerprints
    stage = Stage("forgery", lambda output, batch: {}, [], epochs=1, batch_size=2, data="forgeries")
    assert material.of(stage) == (material.forgeries, material.forgery_validation)


def test_a_stage_on_forgeries_says_what_it_lacks(folder: Path) -> None:
    stage = Stage("forgery", lambda output, batch: {}, [], epochs=1, batch_size=2, data="forgeries")
    with pytest.raises(InputError, match="rumorscope data import casia1"):
        gather(DataConfig(folders=(folder,))).of(stage)
