from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring import readers
from rumorscope.scoring.readers import PostFile, names_post_file
from rumorscope.scoring.scorer import BadPost


def written(folder: Path, rows: list[Any], kind: str) -> Path:
    path = folder / f"posts.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            for row in rows:
                writer.writerow(row | {"images": "|".join(row["images"])})
    return path


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_every_format_gives_the_same_posts(kind: str, tmp_path: Path) -> None:
    rows = [
        {
            "id": "3596676713278888",
            "text": '故宫起火, "quoted"\nand a second line',
            "images": ["a b.jpg", "c.png"],
        },
        {"id": "2", "text": "text alone", "images": []},
        {"id": "3", "text": "", "images": ["c.png"]},
    ]
    folder = tmp_path.resolve()
    assert list(PostFile(written(tmp_path, rows, kind))) == [
        Post(row["id"], row["text"], tuple(folder / name for name in row["images"])) for row in rows
    ]
    assert PostFile(written(tmp_path, rows, kind)).count() == 3


def test_columns_that_do_not_bear_on_a_verdict_are_left_alone(tmp_path: Path) -> None:
    row = {"id": 7, "text": "sea", "label": "mostly true", "time": "yesterday", "likes": 3, "split": 4}
    assert list(PostFile(written(tmp_path, [row], "jsonl"))) == [Post("7", "sea")]


def test_language_and_replies_are_kept(tmp_path: Path) -> None:
    row = {"id": "7", "text": "海", "language": "zh", "replies": [{"id": "8", "text": "真的吗"}]}
    (post,) = PostFile(written(tmp_path, [row], "jsonl"))
    assert (post.language, post.replies[0].text) == ("zh", "真的吗")


def test_malformed_lines_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    lines = [b'{"id": "a", "text": "one"}', b"{", b"", b"[1]", b'{"id": "b", "text": "\xff"}', b"[" * 5000,
             b'{"text": "no id"}', b'{"id": "c", "text": 5}', b'{"id": [], "text": "x"}']  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    found = list(PostFile(path))
    assert [post.id for post in found] == [
        "a",
        "line 2",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
        "c",
        "line 9",
    ]
    assert [isinstance(post, BadPost) for post in found] == [0, 1, 1, 1, 1, 0, 1, 1]
    told = [post.error for post in found if isinstance(post, BadPost)]
    assert told[0].startswith("line 2: not valid JSON")
    assert told[1] == "line 4: a list and no JSON object"
    assert "UTF-8" in told[2]
    assert "text = 5" in told[4]


def test_a_line_without_end_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROW_BYTES", 100)
    path = tmp_path / "posts.jsonl"
    path.write_text('{"id": "a", "text": "' + "x" * 1000 + '"}\n{"id": "b", "text": "short"}\n')
    long, short = PostFile(path)
    assert long == BadPost("line 1", "line 1: longer than 100 bytes")
    assert short == Post("b", "short")


def test_csv_rows_that_do_not_fit_the_header(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(b'\xef\xbb\xbfid,text\r\n1,one\r\n2\r\n\r\n3,a,b\r\n4,\xff\r\n5,"five"\r\n')
    found = list(PostFile(path))
    assert [post.id for post in found] == ["1", "row 2", "row 3", "row 4", "5"]
    assert found[1] == BadPost("row 2", "row 2: 1 fields under 2 columns")
    assert found[3] == BadPost("row 4", "row 4: not valid UTF-8")


def test_csv_field_without_end_does_not_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROW_BYTES", 50)
    path = tmp_path / "posts.csv"
    path.write_text('id,text\n1,one\n2,"' + "x" * 200 + "\n")
    good, bad = PostFile(path)
    assert good == Post("1", "one")
    assert isinstance(bad, BadPost)
    assert "field larger" in bad.error


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_without_a_post_in_it_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"posts.{suffix}"
    if suffix == "csv":
        path.write_text("id,title\n1,x\n")
    else:
        pq.write_table(pa.table({"id": ["1"], "title": ["x"]}), path)
    with pytest.raises(InputError, match=r"'title'.*needs 'text'"):
        list(PostFile(path))


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        list(PostFile(path))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("https://example.org/a.jpg", "never fetched"),
        ("data:image/png;base64,AAAA", "never fetched"),
        ("../secret.png", "outside"),
        ("/etc/passwd", "outside"),
        ("link.png", "outside"),
        ("loop.png", "impossible path"),
        ("a\0b", "impossible path"),
        (5, "name one file or a list"),
        ([["a.jpg"]], "name one file or a list"),
    ],
)
def test_pictures_never_lead_out_of_the_folder(name: Any, told: str, tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (post,) = PostFile(written(folder, [{"id": "a", "text": "x", "images": name}], "jsonl"))
    assert isinstance(post, BadPost), post
    assert post.id == "a"
    assert told in post.error


def test_a_wider_root_is_the_users_choice(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "posts"
    folder.mkdir()
    path = written(folder, [{"id": "a", "text": "x", "images": [str(tmp_path / "up.png"), "b.png"]}], "jsonl")
    (post,) = PostFile(path, tmp_path.resolve())
    assert post.images == (tmp_path.resolve() / "up.png", tmp_path.resolve() / "b.png")


def test_two_columns_of_pictures_are_ambiguous(tmp_path: Path) -> None:
    row = {"id": "a", "text": "x", "image": "a.png", "file_name": "b.png"}
    (post,) = PostFile(written(tmp_path, [row], "jsonl"))
    assert post == BadPost("a", "both image and file_name name pictures; keep one")


def test_a_manifest_folder_is_a_file_of_posts(tmp_path: Path) -> None:
    row = {"id": "a", "text": "x", "file_name": "b.png", "label": 1}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(row) + "\n")
    assert names_post_file(str(tmp_path))
    assert list(PostFile(tmp_path)) == [Post("a", "x", (tmp_path.resolve() / "b.png",))]


def test_an_empty_text_is_not_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metadata.jsonl").write_text("")
    monkeypatch.chdir(tmp_path)
    assert not names_post_file("")
    assert names_post_file(".")


def test_texts_and_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "my posts.csv").write_text("text\n")
    assert names_post_file(str(tmp_path / "my posts.csv"))
    assert names_post_file("missing.jsonl")
    for text in ("The sea rose.", "They hid it in posts.jsonl", str(tmp_path), "", "a" * 100_000, "a\0b"):
        assert not names_post_file(text), text


def test_what_is_no_file_of_posts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of"):
        PostFile(tmp_path / "posts.xlsx")
    with pytest.raises(InputError, match="no file"):
        PostFile(tmp_path / "posts.csv")
    (tmp_path / "posts.csv").write_text("text\n")
    with pytest.raises(InputError, match="no folder"):
        PostFile(tmp_path / "posts.csv", tmp_path / "nowhere")
