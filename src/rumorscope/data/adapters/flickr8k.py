"""Flickr8k (Hodosh et al. 2013), five English captions a picture, and Flickr8k-CN (Li et al. 2016).

Reads the published `Flickr8k.token.txt` with its picture lists, or a table `pairs.tsv`
(`image, split, lang, source, caption`) that holds the human Chinese captions too.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.adapters._captions import Caption, caption_rows, token_file
from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    find_folder,
    images_by_name,
    lines,
    names_in,
    split_name,
)

PUBLISHED = "https://doi.org/10.1613/jair.3994"

_TOKENS, _TABLE = "Flickr8k.token.txt", "pairs.tsv"
_IMAGES = ("images", "Images", "Flickr8k_Dataset", "Flicker8k_Dataset")  # the last is the published spelling


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every caption; machine translations are dropped."""
    folder = find_folder(source, (_TOKENS, _TABLE), PUBLISHED)
    images = images_by_name(*(base / name for base in (folder, source) for name in _IMAGES))
    if (folder / _TABLE).is_file():
        splits: dict[str, str] = {}
        yield from caption_rows(_table(folder / _TABLE, splits), images, splits)
        return
    splits = {
        name: split
        for part, split in {"train": "train", "dev": "validation", "test": "test"}.items()
        for name in names_in(folder / f"Flickr_8k.{part}Images.txt")
    }
    yield from caption_rows(token_file(folder / _TOKENS, "en"), images, splits)


def _table(path: Path, splits: dict[str, str]) -> Iterator[Caption | Dropped]:
    """The table's captions, numbered within picture and language; fills `splits` as it goes."""
    seen: Counter[tuple[str, str]] = Counter()
    for number, row in enumerate(
        csv.DictReader(lines(path), delimiter="\t", quoting=csv.QUOTE_NONE), start=2
    ):
        if None in row.values():
            yield Dropped(f"{path.name} line {number}", "it has fewer columns than the header")
            continue
        image, language = row["image"], row["lang"]
        if row["source"] != "human":
            yield Dropped(f"{path.name} line {number}", f"its caption is a translation by {row['source']}")
            continue
        if split := split_name(row["split"]):
            splits[image] = split
        yield Caption(f"{image}#{language}{seen[image, language]}", image, row["caption"], language)
        seen[image, language] += 1
