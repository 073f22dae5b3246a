"""Checking a folder finds all that is wrong, not only the first, and decodes each picture once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rumorscope.data import checking
from rumorscope.data.checking import inspect_folder
from rumorscope.data.images import image_key
from rumorscope.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, shade in (("a.png", 1), ("b.png", 2)):
        Image.new("L", (4, 4), shade).save(tmp_path / name)
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:45])
    return tmp_path


def write(folder: Path, *rows: dict[str, object]) -> None:
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_finds_everything_in_the_order_of_the_lines(folder: Path) -> None:
    write(
        folder,
        {"id": "1", "text": "", "file_names": ["cut.png"]},
        {"id": "2", "text": "", "label": "fake"},
        {"id": "1", "text": ""},
        {"id": "4", "text": "", "file_names": ["cut.png"]},
        {"id": "5", "text": "", "file_names": ["a.png"], "images_sha256": ["0" * 64]},
        {"id": "6", "text": "", "file_names": ["../a.png"]},
        {"id": "7", "text": "", "file_names": ["absent.png"]},
        {"id": "8", "text": "", "file_names": ["b.png"], "images_sha256": [image_key(folder / "b.png")]},
    )
    inspection = inspect_folder(folder)
    assert [str(problem).split(":")[0] for problem in inspection.problems] == [
        f"line {line}" for line in (1, 2, 3, 5, 6, 7)
    ]
    assert "the image cut.png is not a readable picture" in inspection.problems[0].message
    assert "the image a.png is not the one that was imported" in inspection.problems[3].message
    assert [row.id for row in inspection.rows] == ["1", "4", "5", "8"]


def test_each_picture_is_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, *({"id": str(n), "text": "", "file_names": ["a.png", "b.png"]} for n in range(5)))
    decoded: list[bytes] = []
    real = checking.read_image
    monkeypatch.setattr(checking, "read_image", lambda data: decoded.append(data) or real(data))
    assert inspect_folder(folder).problems == ()
    assert len(decoded) == 2


def test_an_empty_manifest_is_a_problem_and_a_missing_one_an_error(folder: Path) -> None:
    write(folder)
    assert [str(problem) for problem in inspect_folder(folder).problems] == ["the manifest holds no posts"]
    (folder / "metadata.jsonl").unlink()
    with pytest.raises(InputError, match=r"holds no metadata\.jsonl"):
        inspect_folder(folder)


def test_masks_are_decoded_and_held_against_their_pictures(folder: Path) -> None:
    Image.new("1", (5, 4)).save(folder / "wide.png")
    of_a = {"text": "", "file_names": ["a.png"], "tampered": True}
    write(
        folder,
        {"id": "1", "mask_file_name": "b.png", "mask_sha256": image_key(folder / "b.png"), **of_a},
        {"id": "2", "mask_file_name": "cut.png", **of_a},
        {"id": "3", "mask_file_name": "wide.png", **of_a},
    )
    assert [str(problem).split(" picture")[0] for problem in inspect_folder(folder).problems] == [
        "line 2: the image cut.png is not a readable",
        "line 3: the mask wide.png has another size than its",
    ]
