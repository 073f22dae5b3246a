"""COCO-CN (Li et al. 2019): Chinese captions written by people for 20,341 MS-COCO pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.adapters._captions import caption_rows, token_file
from rumorscope.data.adapters._interface import Dropped, Kept, find_folder, images_by_name, names_in

PUBLISHED = "https://github.com/li-xirong/coco-cn"

_CAPTIONS = "imageid.human-written-caption.txt"
_IMAGES = ("train2014", "val2014", "images")


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every caption written by a person; MS-COCO's pictures lie beside, in `train2014/` and `val2014/`."""
    folder = find_folder(source, (_CAPTIONS,), PUBLISHED)
    images = images_by_name(*(base / name for base in (folder, source) for name in _IMAGES))
    splits = {
        f"{name}.jpg": split
        for part, split in {"train": "train", "val": "validation", "test": "test"}.items()
        for name in names_in(folder / f"coco-cn_{part}.txt")
    }
    yield from caption_rows(token_file(folder / _CAPTIONS, "zh", suffix=".jpg"), images, splits)
