"""Weibo (Jin et al. 2017): rumors from Weibo's debunking system, non-rumors that Xinhua verified.

Three lines a post: fields, picture URLs and text; a picture's file has the base name of its URL. The
event is not published. Only rumors name their user.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    beijing_time,
    find_folder,
    images_by_stem,
    lines,
    unix_time,
)
from rumorscope.post import Label, Post

PUBLISHED = "https://github.com/yaqingwang/EANN-KDD18"

_LABELS = {"rumor": Label.RUMOR, "nonrumor": Label.NON_RUMOR}
_TIME, _USER = 4, 9  # the fields that hold them, after the id


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every post of the four files; a post whose pictures are missing is kept for its text."""
    files = {
        f"{split}_{name}.txt": (split, label)
        for split in ("train", "test")
        for name, label in _LABELS.items()
    }
    texts = find_folder(source, files, PUBLISHED)
    folders = [base / f"{name}_images" for base in (texts, source) for name in _LABELS]
    images = images_by_stem(*folders)
    for name, (split, label) in files.items():
        if (texts / name).is_file():
            yield from _posts(texts / name, split, label, images)


def _posts(path: Path, split: str, label: Label, images: dict[str, Path]) -> Iterator[Kept | Dropped]:
    remaining = lines(path)
    blocks = iter(lambda: list(islice(remaining, 3)), [])
    for number, block in enumerate(blocks):
        where = f"{path.name} line {3 * number + 1}"
        if len(block) < 3:
            yield Dropped(where, "the file ends within the post")
            continue
        fields, urls, text = block
        post_id, *rest = fields.split("|")
        if not post_id.isdecimal():
            yield Dropped(where, f"its first line must begin with a number, not '{post_id[:20]}'")
            continue
        stems = [PurePosixPath(url).stem.lower() for url in urls.split("|") if url not in ("", "null")]
        post = Post(
            id=post_id,
            text=text.strip(),
            images=tuple(images[stem] for stem in stems if stem in images),
            label=label,
            time=_time(rest[_TIME - 1]) if len(rest) >= _TIME else None,
            language="zh",
            user=rest[_USER - 1] if len(rest) >= _USER and rest[_USER - 1] != "null" else None,
        )
        yield Kept(post, split, tuple(stem for stem in stems if stem not in images))


def _time(value: str) -> datetime | None:
    if value.isdecimal():
        return unix_time(int(value) / 1000)  # milliseconds in the files of non-rumors
    return beijing_time(value, "%Y-%m-%d %H:%M")
