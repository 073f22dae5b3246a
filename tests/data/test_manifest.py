"""The manifest: what it accepts, what it refuses and how it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rumorscope.data.manifest import Problem, check_rows, load_manifest, write_rows
from rumorscope.data.row import Row, is_inside
from rumorscope.errors import InputError
from rumorscope.post import Label, Manipulation, Post, Reply


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "images" / "a.png")
    return tmp_path


def write(folder: Path, *rows: dict[str, Any] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def problem(folder: Path, row: dict[str, Any] | str) -> str:
    with pytest.raises(InputError) as caught:
        load_manifest(write(folder, {"id": "1", "text": "fine"}, row))
    assert "metadata.jsonl, line 2: " in str(caught.value)
    return str(caught.value).split("line 2: ")[1]


def test_reads_a_full_row(folder: Path) -> None:
    reply = {"id": 8, "text": "no", "parent": "7", "time": "2015-01-07T12:00:00+08:00", "user": "u"}
    row = {
        "id": 7,
        "text": "桥垮塌",
        "file_names": ["images/a.png"],
        "label": "rumor",
        "split": "train",
        "event": "bridge",
        "time": "2015-01-07T11:12:44",
        "language": "zh",
        "replies": [reply],
        "user": 12,
        "a column of another tool": 1,
    }
    manifest = load_manifest(write(folder, row))
    assert manifest.splits == ("train",)
    assert manifest.posts == (
        Post(
            id="7",
            text="桥垮塌",
            images=(folder / "images/a.png",),
            label=Label.RUMOR,
            event="bridge",
            time=datetime(2015, 1, 7, 11, 12, 44, tzinfo=UTC),
            language="zh",
            replies=(Reply("8", "no", "7", datetime(2015, 1, 7, 4, tzinfo=UTC), "u"),),
            user="12",
        ),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [(1, Label.RUMOR), ("rumor", Label.RUMOR), (0, Label.NON_RUMOR), ("non_rumor", Label.NON_RUMOR),
     ("non-rumor", Label.NON_RUMOR), (None, None), ("", None)],
)  # fmt: skip
def test_accepts_labels_as_numbers_and_names(folder: Path, written: object, read: Label | None) -> None:
    assert load_manifest(write(folder, {"id": "1", "text": "", "label": written})).posts[0].label is read


@pytest.mark.parametrize(
    ("column", "value", "count"),
    [("file_name", "images/a.png", 1), ("file_names", ["images/a.png"] * 2, 2), ("file_name", None, 0),
     ("images_file_names", [], 0), ("image_file_name", "images/a.png", 1)],
)  # fmt: skip
def test_accepts_every_imagefolder_column(folder: Path, column: str, value: object, count: int) -> None:
    manifest = load_manifest(write(folder, {"id": "1", "text": "", column: value}))
    assert len(manifest.posts[0].images) == count


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("[1]", "should be a valid dictionary"),
        ("[" * 100_000, "not valid JSON"),
        ({"text": "x"}, "id: Field required"),
        ({"id": "2"}, "text: Field required"),
        ({"id": 2.5, "text": "x"}, "id = 2.5: Input should be a valid string"),
        ({"id": "", "text": "x"}, "id = '': String should have at least 1 character"),
        ({"id": "2", "text": 5}, "text = 5: Input should be a valid string"),
        ({"id": "1", "text": "x"}, "the id '1' was used on line 1; ids must differ"),
        ({"id": "2", "text": "x", "label": "fake"}, "label = 'fake': unknown label; use 1 or 'rumor'"),
        ({"id": "2", "text": "x", "label": 2}, "label = 2: unknown label"),
        ({"id": "2", "text": "x", "label": True}, "label = True: unknown label"),
        ({"id": "2", "text": "x", "time": "yesterday"}, "time = 'yesterday': "),
        ({"id": "2", "text": "x", "file_names": "a", "file_name": "b"}, "keep one"),
        ({"id": "2", "text": "x", "file_names": [3]}, "images_file_names.0 = 3: Input should be a valid"),
        ({"id": "2", "text": "x", "file_name": "../secret.png"}, "'../secret.png' leads out of the folder"),
        (
            {"id": "2", "text": "x", "file_name": "images/absent.png"},
            "images/absent.png is not in the folder",
        ),
        ({"id": "2", "text": "x", "tampering": "splice"}, "needs tampered = true"),
        ({"id": "2", "text": "x", "tampered": False, "tampering": "splice"}, "needs tampered = true"),
        ({"id": "2", "text": "x", "tampered": True, "tampering": "drawn"}, "tampering = 'drawn': "),
        ({"id": "2", "text": "x", "tampered": True, "mask_file_name": "images/a.png"}, "a mask is of one"),
        ({"id": "2", "text": "x", "mask_sha256": "0"}, "no mask_file_name names one"),
        (
            {"id": "2", "text": "x", "file_name": "images/a.png", "mask_file_name": "images/a.png"},
            "whether it is tampered",
        ),
        (
            {
                "id": "2",
                "text": "",
                "tampered": True,
                "file_name": "images/a.png",
                "mask_file_name": "../m.png",
            },
            "'../m.png' leads out of the folder",
        ),
        (
            {"id": "2", "text": "", "tampered": True, "file_name": "images/a.png", "mask_file_name": "m.png"},
            "m.png is not in the folder",
        ),
        ({"id": "2", "text": "x", "images_sha256": ["0"]}, "one hash for each image"),
        ({"id": "2", "text": "x", "replies": [{"id": "3"}]}, "replies.0.text: Field required"),
    ],
)
def test_says_what_is_wrong_and_where(folder: Path, row: dict[str, Any] | str, message: str) -> None:
    assert message in problem(folder, row)


def test_every_line_is_answered(folder: Path) -> None:
    write(folder, {"id": "1", "text": ""}, "{", {"id": "1", "text": ""}, {"id": "2", "text": ""})
    answers = list(check_rows(folder))
    assert [isinstance(answer, Problem) for answer in answers] == [False, True, True, False]
    assert [answer.line for answer in answers if isinstance(answer, Problem)] == [2, 3]


def test_a_long_value_is_cut_short_in_the_message(folder: Path) -> None:
    assert len(problem(folder, {"id": "2", "text": "x", "label": "y" * 100_000})) < 300


def test_a_link_that_leads_out_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    Image.new("RGB", (4, 4)).save(secret)
    (folder / "images" / "link.png").symlink_to(secret)
    message = problem(folder, {"id": "2", "text": "", "file_name": "images/link.png"})
    assert "images/link.png is not in the folder" in message


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "..", "a/../../b", "C:\\x.png", "c:x.png", "\\\\host\\share\\x", "a\\..\\..\\b", "a\0b",
     "http://example.org/x.png", "file:///etc/passwd", "", "."],
)  # fmt: skip
def test_names_that_lead_out(name: str) -> None:
    assert not is_inside(name)


@pytest.mark.parametrize("name", ["a.png", "images/a.png", "./a.png", "2015-01-01T10:00.png", "图片.jpg"])
def test_names_that_stay_inside(name: str) -> None:
    assert is_inside(name)


@given(st.lists(st.sampled_from(["..", ".", "a", "/", "\\", "C:", "b.png"]), max_size=5))
def test_an_accepted_name_never_leaves_the_folder(parts: list[str]) -> None:
    name = "/".join(parts)
    if is_inside(name):
        base = Path("/somewhere/folder")
        assert Path(f"{base}/{name}").resolve().is_relative_to(base)


def test_a_missing_split_names_those_present(folder: Path) -> None:
    rows = [
        {"id": str(n), "text": "", "split": split} for n, split in enumerate(["train", "test", "train", None])
    ]
    manifest = load_manifest(write(folder, *rows))
    assert [post.id for post in manifest.split("train")] == ["0", "2"]
    with pytest.raises(InputError, match="no split 'validation'; it has: test, train"):
        manifest.split("validation")


def test_a_folder_without_a_manifest_or_without_posts(folder: Path) -> None:
    with pytest.raises(InputError, match=r"holds no metadata\.jsonl"):
        load_manifest(folder)
    (folder / "metadata.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="holds no posts"):
        load_manifest(folder)
    (folder / "metadata.jsonl").write_bytes(b'{"id": "1", "text": "\xff"}\n')
    with pytest.raises(InputError, match="not UTF-8"):
        load_manifest(folder)


def test_what_is_written_is_read_back(folder: Path) -> None:
    rows = [
        Row(id="1", text='a "quoted"\nline'),
        Row(id="2", text="", images_file_names=("images/a.png",), label=Label.NON_RUMOR, split="test",
            time=datetime(2014, 8, 9, tzinfo=UTC)),
        Row(id="3", text="", images_file_names=("images/a.png",), tampered=True, tampering="copy_move",
            mask_file_name="images/a.png"),
        Row(id="4", text="", images_file_names=("images/a.png",), tampered=False),
    ]  # fmt: skip
    write_rows(folder, rows)
    manifest = load_manifest(folder)
    assert sorted(manifest.posts, key=lambda post: post.id) == [row.post(folder) for row in rows]
    assert manifest.posts[0].images  # posts with pictures come first
    assert not list(folder.glob("*unfinished*"))


def test_the_fingerprint_follows_the_content(folder: Path) -> None:
    first = load_manifest(write(folder, {"id": "1", "text": "a"})).fingerprint
    assert load_manifest(write(folder, {"id": "1", "text": "a"})).fingerprint == first
    assert load_manifest(write(folder, {"id": "1", "text": "b"})).fingerprint != first


def test_what_is_known_of_a_picture_reaches_the_post(folder: Path) -> None:
    row = {"id": "1", "text": "", "file_name": "images/a.png", "tampered": True, "tampering": "splice"}
    first = load_manifest(write(folder, row | {"mask_file_name": "images/a.png"})).posts[0]
    assert first.manipulation == Manipulation(True, "splice", folder / "images/a.png")
    assert load_manifest(write(folder, {"id": "1", "text": ""})).posts[0].manipulation is None
