from __future__ import annotations

from pathlib import Path

import pytest

from rumorscope.training.files import write_text_whole, written_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_takes_the_place_of_the_former(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with written_whole(tmp_path / "a") as partial:
            (partial / text).write_text(text)
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["two"]


def test_a_failure_leaves_the_former(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a") as partial:
        (partial / "one").write_text("one")
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "a") as partial:
        (partial / "missing folder" / "two").write_text("two")
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["one"]


def test_a_failure_leaves_nothing_where_nothing_was(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "a") as partial:
        (partial / "missing folder" / "two").write_text("two")
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".a.partial").mkdir()
    (tmp_path / ".a.partial" / "old").write_text("cut o")
    with written_whole(tmp_path / "a") as partial:
        (partial / "new").write_text("new")
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["new"]


def test_text_is_replaced(tmp_path: Path) -> None:
    for text in ("long text", "短"):
        write_text_whole(tmp_path / "a.json", text)
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "短"
