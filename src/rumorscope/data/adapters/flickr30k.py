"""Flickr30K (Young et al. 2014): five English captions a picture.

Reads `results_20130124.token`, or `results.csv` (`image_name| comment_number| comment`) in which one row
lacks its second bar. The split lists are those of Flickr30k Entities (`train.txt`, `val.txt`, `test.txt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rumorscope.data.adapters._captions import Caption, caption_rows, token_file
from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    find_folder,
    images_by_name,
    lines,
    names_in,
)

PUBLISHED = "https://shannon.cs.illinois.edu/DenotationGraph/"

_TOKENS, _TABLE = "results_20130124.token", "results.csv"
_IMAGES = ("flickr30k-images", "flickr30k_images", "images", "Images")
_ROW = re.compile(r"\s*([^|]+?)\s*\|\s*(\d+)\s*\|?\s*(.*)")


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every caption."""
    folder = find_folder(source, (_TOKENS, _TABLE), PUBLISHED)
    images = images_by_name(*(base / name for base in (folder, source) for name in _IMAGES), folder)
    splits = {
        f"{name.removesuffix('.jpg')}.jpg": split
        for part, split in {"train": "train", "val": "validation", "test": "test"}.items()
        for base in {folder, source}
        for name in names_in(base / f"{part}.txt")
    }
    tokens = (folder / _TOKENS).is_file()
    captions = token_file(folder / _TOKENS, "en") if tokens else _table(folder / _TABLE)
    yield from caption_rows(captions, images, splits)


def _table(path: Path) -> Iterator[Caption | Dropped]:
    for number, line in enumerate(islice(lines(path), 1, None), start=2):
        if row := _ROW.fullmatch(line):
            image, index, text = row.groups()
            yield Caption(f"{image}#{index}", image, text, "en")
        else:
            yield Dropped(f"{path.name} line {number}", "it is not: picture | number | caption")
