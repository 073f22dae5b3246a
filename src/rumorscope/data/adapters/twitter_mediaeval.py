"""Twitter / MediaEval "Verifying Multimedia Use" 2015-16 (Boididou et al.): tweets that share pictures.

The two text files have different columns, no quoting, and name pictures by an id whose prefix is the
event. They stand in the corpus's own folders (`devset`, `testset`), or as `train_posts.txt` and
`test_posts.txt`. A label belongs to the picture, so posts must be split by picture or by event.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    find_folder,
    images_by_stem,
    lines,
    twitter_time,
)
from rumorscope.post import Label, Post

PUBLISHED = "https://github.com/MKLab-ITI/image-verification-corpus"

_FILES = {
    "train_posts.txt": "train",
    "test_posts.txt": "test",
    "devset/posts.txt": "train",
    "testset/posts_groundtruth.txt": "test",
}
_FOLDERS = ("images_train", "images_validation", "images_test", "devset", "testset")
_LABELS = {"fake": Label.RUMOR, "real": Label.NON_RUMOR}
_NUMBER = re.compile(r"(_(fake|real|video))*_?\d*$")


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every tweet of both files; a tweet without a still picture is dropped."""
    folder = find_folder(source, _FILES, PUBLISHED)
    images = images_by_stem(*(folder / name for name in _FOLDERS))
    for name, split in _FILES.items():
        if (folder / name).is_file():
            rows = csv.DictReader(lines(folder / name), delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, start=2):
                yield _row(row, f"{name} line {number}", split, images)


def _row(row: dict[str, str], where: str, split: str, images: dict[str, Path]) -> Kept | Dropped:
    if None in row.values() or None in row:
        return Dropped(where, "it has another number of columns than the header")
    if row["label"] not in _LABELS:
        return Dropped(row["post_id"], f"unknown label '{row['label']}'")
    named = row["image_id(s)"] if "image_id(s)" in row else row["image_id"]
    ids = [image_id.strip().lower() for image_id in named.split(",")]
    found = {image_id: images.get(image_id) or images.get(_alias(image_id)) for image_id in ids}
    paths = tuple(path for path in found.values() if path)
    if not paths:
        return Dropped(row["post_id"], f"no still picture of {', '.join(found)}")
    post = Post(
        id=row["post_id"],
        text=row["post_text"],
        images=paths,
        label=_LABELS[row["label"]],
        event=event_of(ids[0]),
        time=twitter_time(row["timestamp"]),
        user=row["username"] or None,  # the column user_id holds numbers that a spreadsheet has cut
    )
    missing = tuple(image_id for image_id, path in found.items() if path is None)
    return Kept(post, split, missing, needs_image=True)


def event_of(image_id: str) -> str:
    """The event that a picture's id begins with: `sandyA_fake_29` is of `sandy`."""
    event = _NUMBER.sub("", image_id.lower())
    return "sandy" if event in ("sandya", "sandyb") else event


def _alias(image_id: str) -> str:
    return image_id.replace("sandy_real_", "sandyb_real_")  # some files kept the name of the second batch
