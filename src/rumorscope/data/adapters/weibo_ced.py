"""Weibo-CED (Song et al. 2019): posts with their reposts, as JSON trees or as the split CSV files.

The tree has `original-microblog/` and, under the same file names, `rumor-repost/` or `non-rumor-repost/`.
The CSV files (`text,img,label`) are the random split that later papers share.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    beijing_time,
    find_folder,
    images_by_stem,
    lines,
    read_json,
    split_name,
    unix_time,
)
from rumorscope.post import Label, Post, Reply

PUBLISHED = "https://github.com/thunlp/Chinese_Rumor_Dataset"

_ORIGINALS = "original-microblog"
_REPOSTS = {"rumor-repost": Label.RUMOR, "non-rumor-repost": Label.NON_RUMOR}
_TABLES = {f"weibo_{split}.csv": split for split in ("train", "valid", "test")}
_IMAGES = ("images", "weibo_images_all")


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every post of the tree, or of the split CSV files."""
    folder = find_folder(source, (_ORIGINALS, *_TABLES), PUBLISHED)
    images = images_by_stem(*(folder / name for name in _IMAGES))
    if (folder / _ORIGINALS).is_dir():
        for path in sorted((folder / _ORIGINALS).glob("*.json")):
            if not path.name.startswith("._"):
                yield _thread(folder, path, images)
        return
    for name, split in _TABLES.items():
        if (folder / name).is_file():
            for row in csv.DictReader(lines(folder / name)):
                yield _table_row(row, split, images)


def _thread(folder: Path, original: Path, images: dict[str, Path]) -> Kept | Dropped:
    reposts = [
        folder / name / original.name for name in _REPOSTS if (folder / name / original.name).is_file()
    ]
    if len(reposts) != 1:
        found = "both" if reposts else "neither"
        return Dropped(original.stem, f"its reposts are in {found} of {' and '.join(_REPOSTS)}")
    try:
        content, thread = read_json(original), read_json(reposts[0])
        replies = tuple(_reply(item) for item in thread)
        text, time = str(content["text"]), unix_time(content.get("time"))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return Dropped(original.stem, f"its JSON is broken: {type(error).__name__}")
    image = images.get(original.stem.lower())
    label = _REPOSTS[reposts[0].parent.name]
    return Kept(Post(original.stem, text, (image,) if image else (), label, None, time, "zh", replies))


def _reply(item: dict[str, Any]) -> Reply:
    time = beijing_time(item.get("date"), "%Y-%m-%d %H:%M:%S")
    return Reply(
        str(item["mid"]), str(item.get("text") or ""), item.get("parent") or None, time, str(item["uid"])
    )


def _table_row(row: dict[str, str], split: str, images: dict[str, Path]) -> Kept | Dropped:
    if row.get("label") not in ("0", "1"):
        return Dropped(row.get("img") or "a row without a number", f"unknown label {row.get('label')!r}")
    image = images.get(row["img"])
    label = Label(int(row["label"]))
    post = Post(row["img"], row["text"], (image,) if image else (), label, language="zh")
    return Kept(post, split_name(split), () if image else (row["img"],))
