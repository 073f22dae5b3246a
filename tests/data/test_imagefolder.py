"""The `datasets` library opens a folder that was written here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from rumorscope.data import importing
from rumorscope.data.adapters import Kept
from rumorscope.data.importing import import_dataset
from rumorscope.data.manifest import load_manifest
from rumorscope.post import Label, Manipulation, Post, Reply


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    red, blue = tmp_path / "a_train_picture.png", tmp_path / "a test picture.jpg"
    Image.new("RGB", (6, 4), "red").save(red)
    Image.new("RGB", (3, 5), "blue").save(blue)
    time = datetime(2014, 8, 9, 12, tzinfo=UTC)
    rows = [
        Kept(Post("1", "no picture", (), Label.RUMOR, "flood", time, "en"), "train"),
        Kept(Post("2", "several", (red, blue), Label.NON_RUMOR, replies=(Reply("9", "so?"),)), "test"),
        Kept(Post("3", "shares one", (red,)), "validation"),
    ]
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter(rows))
    import_dataset("toy", tmp_path, tmp_path / "folder")
    return tmp_path / "folder"


def test_load_dataset_opens_it(imported: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset("imagefolder", data_dir=str(imported), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]  # one table; the published split is a column of it
    rows = {row["id"]: row for row in loaded["train"]}
    assert {key: len(row["images"]) for key, row in rows.items()} == {"1": 0, "2": 2, "3": 1}
    assert {key: row["label"] for key, row in rows.items()} == {"1": 1, "2": 0, "3": None}
    assert {key: row["split"] for key, row in rows.items()} == {"1": "train", "2": "test", "3": "validation"}
    assert [image.size for image in rows["2"]["images"]] == [(6, 4), (3, 5)]
    assert np.asarray(rows["3"]["images"][0])[0, 0].tolist() == [255, 0, 0]
    assert rows["2"]["replies"][0]["text"] == "so?"
    assert (rows["1"]["event"], rows["1"]["language"]) == ("flood", "en")


def test_both_libraries_see_the_same_posts(imported: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset("imagefolder", data_dir=str(imported), cache_dir=str(tmp_path / "cache"))
    ours = [(post.id, post.text, len(post.images)) for post in load_manifest(imported).posts]
    assert ours == [(row["id"], row["text"], len(row["images"])) for row in loaded["train"]]


def test_a_folder_without_any_picture_opens_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Kept(Post("1", "words only", label=Label.RUMOR), "train")]
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter(rows))
    import_dataset("toy", tmp_path, tmp_path / "folder")
    file = str(tmp_path / "folder" / "metadata.jsonl")
    loaded = datasets.load_dataset("json", data_files=file, cache_dir=str(tmp_path / "cache"))
    assert loaded["train"][0]["text"] == "words only"


def test_masks_of_forgeries_open_as_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (6, 4), "red").save(tmp_path / "a.png")
    Image.new("1", (6, 4), 1).save(tmp_path / "mask.png")
    forged = Manipulation(True, "splice", tmp_path / "mask.png")
    rows = [
        Kept(Post("1", "", (tmp_path / "a.png",), manipulation=Manipulation(False)), "train"),
        Kept(Post("2", "", (tmp_path / "a.png",), manipulation=forged), "test"),
    ]
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter(rows))
    import_dataset("toy", tmp_path, tmp_path / "folder")
    folder = str(tmp_path / "folder")
    loaded = datasets.load_dataset("imagefolder", data_dir=folder, cache_dir=str(tmp_path / "cache"))
    known = {row["id"]: (row["tampered"], row["tampering"], row["mask"]) for row in loaded["train"]}
    assert known["1"] == (False, None, None)
    assert known["2"][:2] == (True, "splice")
    assert np.asarray(known["2"][2]).all()
