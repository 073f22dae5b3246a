"""Importing: what reaches the folder, what the account says, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from rumorscope.data import importing
from rumorscope.data.adapters import Dropped, Kept
from rumorscope.data.importing import ACCOUNT, import_dataset
from rumorscope.data.manifest import load_manifest
from rumorscope.errors import InputError
from rumorscope.post import Label, Manipulation, Post, Reply


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), shade).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(png(10))  # a PNG by another name
    (folder / "copy of one.png").write_bytes(png(10))
    (folder / "two.png").write_bytes(png(20))
    (folder / "broken.png").write_bytes(png(30)[:40])
    return folder


def rows(source: Path) -> Iterator[Kept | Dropped]:
    one, copy, two, broken = (source / n for n in ("one.jpg", "copy of one.png", "two.png", "broken.png"))
    reply = Reply("9", "really?", parent="a")
    yield Kept(Post("a", "shared", (one, two), Label.RUMOR, "flood", replies=(reply,), user="u"), "train")
    yield Kept(Post("b", "shared too", (copy, one), Label.NON_RUMOR, "flood"), "test", needs_image=True)
    yield Kept(Post("c", "no picture"), "test", missing_images=("gone.jpg",))
    yield Kept(Post("d", "text remains", (broken,)))
    yield Kept(Post("e", "needs it", (broken,)), needs_image=True)
    yield Kept(Post("a", "again", (two,)))
    yield Dropped("line 7", "it is empty")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "adapter", lambda name: rows)


@pytest.mark.usefixtures("toy")
def test_every_row_is_accounted_for(source: Path, tmp_path: Path) -> None:
    account = import_dataset("toy", source, tmp_path / "to")
    with (tmp_path / "to" / ACCOUNT).open(newline="") as file:
        written = list(csv.reader(file))
    broken = "broken.png: is not a readable picture: "
    expected = [
        ("row", "outcome", ""),
        ("a", "kept", ""),
        ("b", "kept", ""),
        ("c", "kept", ""),
        ("c", "kept without a picture", "it is not among the files"),
        ("d", "kept", ""),
        ("d", "kept without a picture", broken),
        ("e", "dropped", broken),
        ("a", "dropped", "another row has its id"),
        ("line 7", "dropped", "it is empty"),
    ]
    assert [(row, outcome) for row, outcome, _ in written] == [line[:2] for line in expected]
    assert all(reason.startswith(line[2]) for (_, _, reason), line in zip(written, expected, strict=True))
    kept, *_ = account.summary()
    assert kept == ("kept", "", 4, ["a", "b", "c"])


@pytest.mark.usefixtures("toy")
def test_pictures_are_named_by_their_content_and_stored_once(source: Path, tmp_path: Path) -> None:
    import_dataset("toy", source, tmp_path / "to")
    names = {f"{hashlib.sha256(png(shade)).hexdigest()}.png": png(shade) for shade in (10, 20)}
    assert {path.name: path.read_bytes() for path in (tmp_path / "to" / "images").iterdir()} == names
    posts = {post.id: post for post in load_manifest(tmp_path / "to").posts}
    assert posts["b"].images == posts["a"].images[:1]  # two names of one content
    assert posts["a"].replies == (Reply("9", "really?", parent="a"),)
    assert posts["a"].user == "u"
    assert (posts["a"].label, posts["a"].event, posts["c"].images) == (Label.RUMOR, "flood", ())


@pytest.mark.usefixtures("toy")
def test_every_picture_is_decoded_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    real = importing.read_image
    monkeypatch.setattr(importing, "read_image", lambda data: decoded.append(data) or real(data))
    import_dataset("toy", source, tmp_path / "to")
    assert len(decoded) == 4  # files, though six rows name nine pictures


@pytest.mark.usefixtures("toy")
def test_importing_again_changes_nothing(source: Path, tmp_path: Path) -> None:
    import_dataset("toy", source, tmp_path / "to")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "to").rglob("*")}
    import_dataset("toy", source, tmp_path / "to")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "to").rglob("*")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published", "to"]


@pytest.mark.usefixtures("toy")
def test_refuses_a_folder_that_holds_something_else(source: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="is not empty"):
        import_dataset("toy", source, tmp_path / "notes")
    with pytest.raises(InputError, match="is a file"):
        import_dataset("toy", source, tmp_path / "notes" / "mine.txt")
    import_dataset("toy", source, tmp_path / "to")
    (source / "two.png").write_bytes(png(21))
    before = (tmp_path / "to" / "metadata.jsonl").read_bytes()
    with pytest.raises(InputError, match="holds another import already"):
        import_dataset("toy", source, tmp_path / "to")
    assert (tmp_path / "to" / "metadata.jsonl").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes", "published", "to"]


def test_an_empty_folder_is_filled(source: Path, tmp_path: Path, toy: None) -> None:
    (tmp_path / "to").mkdir()
    import_dataset("toy", source, tmp_path / "to")
    assert len(load_manifest(tmp_path / "to").posts) == 4


def test_nothing_is_left_where_no_row_can_be_kept(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter([Dropped("1", "it is empty")]))
    with pytest.raises(InputError, match=r"no row of .* can be kept: it is empty"):
        import_dataset("toy", source, tmp_path / "to")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published"]


def test_half_a_character_is_mended_and_a_row_without_id_dropped(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = [Kept(Post("", "no id")), Kept(Post("2", "half a character \ud83d"))]
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter(posts))
    account = import_dataset("toy", source, tmp_path / "to")
    assert [(line.row, line.outcome) for line in account.lines] == [("", "dropped"), ("2", "kept")]
    assert load_manifest(tmp_path / "to").posts[0].text == "half a character \ufffd"


@pytest.fixture
def forgeries(source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, size in (("mask.png", (4, 4)), ("large.png", (5, 4))):
        Image.new("1", size, 1).save(source / name)

    def altered(identifier: str, mask: str | None) -> Kept:
        known = Manipulation(True, "splice", source / mask if mask else None)
        return Kept(Post(identifier, "", (source / "one.jpg",), manipulation=known), "train")

    masks = {"a": "mask.png", "b": "large.png", "c": "broken.png", "d": None}
    rows = [altered(identifier, mask) for identifier, mask in masks.items()]
    authentic = Post("e", "", (source / "two.png",), manipulation=Manipulation(False))
    rows += [Kept(authentic), Kept(Post("f", ""))]
    monkeypatch.setattr(importing, "adapter", lambda name: lambda source: iter(rows))
    return source


def test_a_mask_comes_along_where_it_fits(forgeries: Path, tmp_path: Path) -> None:
    account = import_dataset("toy", forgeries, tmp_path / "to")
    known = {post.id: post.manipulation for post in load_manifest(tmp_path / "to").posts}
    content = (forgeries / "mask.png").read_bytes()
    mask = tmp_path / "to" / "masks" / f"{hashlib.sha256(content).hexdigest()}.png"
    assert mask.read_bytes() == content
    assert known["a"] == Manipulation(True, "splice", mask)
    assert [known[name] for name in "bcd"] == [Manipulation(True, "splice", None)] * 3
    assert known["e"] == Manipulation(False)
    assert known["f"] is None
    lacking = [
        (line.row, line.reason.split(" picture:")[0]) for line in account.lines if "mask" in line.outcome
    ]
    assert lacking == [
        ("b", "its size is not the picture's"),
        ("c", "broken.png: is not a readable"),
        ("d", "it is not among the files"),
    ]


def test_columns_of_forgeries_are_written_for_forgeries_alone(forgeries: Path, tmp_path: Path) -> None:
    import_dataset("toy", forgeries, tmp_path / "to")
    lines = (tmp_path / "to" / "metadata.jsonl").read_text().splitlines()
    columns = {row["id"]: set(row) for row in map(json.loads, lines)}
    assert columns["e"] - columns["f"] == {"tampered", "tampering", "mask_file_name", "mask_sha256"}
    assert len(columns["f"]) == 11
