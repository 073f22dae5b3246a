"""A split comes back as written, and is refused when it, the manifest or a picture is not what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rumorscope.data.images import image_key
from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.split_file import Fold, SplitPlan, divided, picture_hash, read_split, write_split
from rumorscope.data.splitting import make_split
from rumorscope.errors import InputError
from tiny import tiny_picture, tiny_posts


def write_data(folder: Path, **changes: Any) -> Manifest:
    rows = [
        {
            "id": post.id,
            "text": post.text,
            "file_names": [source.name for source in post.images if isinstance(source, Path)],
            "label": post.label,
            "event": post.event,
            "split": "train",
        }
        | changes
        for post in tiny_posts(folder)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return load_manifest(folder)


@pytest.fixture
def data(tmp_path: Path) -> Manifest:
    return write_data(tmp_path / "data")


@pytest.fixture
def file(data: Manifest, tmp_path: Path) -> Path:
    path = tmp_path / "split.json"
    write_split(make_split(data, "random", ratios=(0.5, 0.25, 0.25)), path)
    return path


def test_what_is_written_comes_back_and_divides(data: Manifest, file: Path) -> None:
    plan = read_split(file)
    assert plan == make_split(data, "random", ratios=(0.5, 0.25, 0.25))
    applied = plan.apply(data)
    assert applied.splits == plan.folds[0].parts
    assert applied.posts == data.posts
    assert applied.fingerprint != data.fingerprint
    assert (applied.origin, data.origin) == (data.fingerprint, data.fingerprint)
    assert divided(data, file, None) == applied
    assert divided(data, None, None) is data


def test_it_holds_no_post(file: Path) -> None:
    """One character a post beside the header, so that it can be shared where the posts cannot."""
    written = json.loads(file.read_text())
    assert set(written) == {"format", "plan", "checksum"}
    assert set(written["plan"]) == {"protocol", "seed", "ratios", "fingerprint", "pictures", "folds"}
    assert len(written["plan"]["folds"][0]["assignment"]) == 8


def test_folds_have_fingerprints_of_their_own(data: Manifest) -> None:
    plan = make_split(data, "random", folds=4)
    assert len({plan.apply(data, fold.name).fingerprint for fold in plan.folds}) == 4


def test_folds_are_chosen_by_name(data: Manifest) -> None:
    plan = make_split(data, "random", folds=2)
    assert plan.fold("2") is plan.folds[1]
    with pytest.raises(InputError, match=r"the split has no fold '3'; it has: 1, 2"):
        plan.fold("3")
    with pytest.raises(InputError, match="the split has several folds; it has: 1, 2"):
        plan.fold(None)
    with pytest.raises(InputError, match="no fold '1'; it has: a single one, which needs no name"):
        make_split(data, "random").fold("1")
    with pytest.raises(InputError, match="the fold '1' is of a split file, and none is given"):
        divided(data, None, "1")


def test_another_manifest_is_refused(file: Path, tmp_path: Path) -> None:
    changed = write_data(tmp_path / "changed", language="en")
    with pytest.raises(InputError, match=r"is not the data that the split was made from: its metadata.jsonl"):
        read_split(file).apply(changed)


def test_a_changed_picture_is_refused(data: Manifest, file: Path) -> None:
    (data.folder / "blue.png").write_bytes(tiny_picture("pink"))
    with pytest.raises(InputError, match="a picture's content has changed"):
        read_split(file).apply(load_manifest(data.folder))


def test_two_pictures_that_changed_places_are_refused(data: Manifest, file: Path) -> None:
    first, second = data.folder / "blue.png", data.folder / "red.png"
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(InputError, match="a picture's content has changed"):
        read_split(file).apply(load_manifest(data.folder))


def test_a_picture_that_is_not_the_recorded_one_is_refused_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(tiny_picture("red"))
    row = {"id": "1", "text": "", "file_names": ["a.png"], "images_sha256": [image_key(tmp_path / "a.png")]}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(row) + "\n")
    assert picture_hash(load_manifest(tmp_path))
    (tmp_path / "a.png").write_bytes(tiny_picture("blue"))
    with pytest.raises(InputError, match=r"a\.png is not the picture that was imported"):
        picture_hash(load_manifest(tmp_path))


def test_a_file_cut_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes().rstrip()
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"was cut off|no split file"):
            read_split(file)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("seed", 1, "was changed after it was written"),
        ("protocol", "event", "was changed after it was written"),
        ("folds", [{"name": "", "assignment": "tttttttt"}], "was changed after it was written"),
        ("folds", [{"name": "", "assignment": "tttttttx"}], "folds.0.assignment: String should match"),
        ("folds", [], "folds: Tuple should have at least 1 item"),
        ("fingerprint", "abc", "fingerprint: String should match"),
        ("more", 1, "more: Unexpected keyword"),
    ],
)
def test_an_edited_file_is_refused(file: Path, key: str, value: Any, said: str) -> None:
    written = json.loads(file.read_text())
    written["plan"][key] = value
    file.write_text(json.dumps(written))
    with pytest.raises(InputError, match=said):
        read_split(file)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 2}', "not JSON", "[" * 100_000, "\udcff"])
def test_what_is_no_split_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match="no split file"):
        read_split(path)


def test_places_that_cannot_be_read_or_written_are_named(data: Manifest, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the split .*absent.json: No such file"):
        read_split(tmp_path / "absent.json")
    with pytest.raises(InputError, match=r"cannot write .*split.json: No such file"):
        write_split(make_split(data, "random"), tmp_path / "absent" / "split.json")


def test_a_fold_that_is_shorter_than_the_manifest_is_refused(data: Manifest) -> None:
    plan = SplitPlan("random", 0, (0.8, 0.1, 0.1), data.fingerprint, picture_hash(data), (Fold("", "tts"),))
    with pytest.raises(InputError, match="is not the data that the split was made from"):
        plan.apply(data)
