"""PHEME (Zubiaga et al. 2016; Kochkina et al. 2018): tweets and threads about breaking news.

The published tree is event / rumours or non-rumours / thread. The CSV form is a table (`content.csv`:
number, tweet id, text, label) and the random split (`pheme_{train,valid,test}.csv`) that later papers share,
in which `img` is the table's number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rumorscope.data.adapters._interface import (
    Dropped,
    Kept,
    find_folder,
    images_by_stem,
    lines,
    read_json,
    split_name,
    twitter_time,
)
from rumorscope.errors import InputError
from rumorscope.post import Label, Post, Reply

PUBLISHED = "https://figshare.com/articles/dataset/PHEME_dataset_of_rumours_and_non-rumours/4010619"

EVENT_MONTHS = {
    (2014, 8): "ferguson",
    (2014, 10): "ottawashooting",
    (2014, 12): "sydneysiege",
    (2015, 1): "charliehebdo",
    (2015, 3): "germanwings-crash",
}
_CLASSES = {"rumours": Label.RUMOR, "non-rumours": Label.NON_RUMOR}
_SOURCE_FOLDERS = ("source-tweets", "source-tweet")
_IMAGES = ("images", "pheme_images_jpg")
_TABLE = "content.csv"


def read(source: Path) -> Iterator[Kept | Dropped]:
    """Every thread of the tree, or every row of the CSV files."""
    if not source.is_dir():
        raise InputError(f"{source} is no folder; give the one that holds the dataset")
    events = [
        folder for folder in _folders(source, depth=2) if any((folder / name).is_dir() for name in _CLASSES)
    ]
    if not events:
        yield from _read_tables(find_folder(source, (_TABLE,), f"{PUBLISHED} (event folders)"))
        return
    images = images_by_stem(*(base / name for base in {source, events[0].parent} for name in _IMAGES))
    for event in events:
        for name, label in _CLASSES.items():
            for thread in _folders(event / name, depth=1):
                yield _thread(thread, event.name.removesuffix("-all-rnr-threads"), label, images)


def tweet_time(tweet_id: int) -> datetime:
    """When a tweet was written, from its id (to the millisecond, for tweets since November 2010)."""
    return datetime.fromtimestamp(((tweet_id >> 22) + 1288834974657) / 1000, UTC)


def _folders(parent: Path, depth: int) -> Iterator[Path]:
    if not parent.is_dir():
        return
    for path in sorted(parent.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield path
            if depth > 1:
                yield from _folders(path, depth - 1)


def _thread(thread: Path, event: str, label: Label, images: dict[str, Path]) -> Kept | Dropped:
    tweets = [path for name in _SOURCE_FOLDERS for path in _json_files(thread / name)]
    if not tweets:
        return Dropped(thread.name, "it has no source tweet")
    try:
        tweet = read_json(tweets[0])
        replies = tuple(_reply(read_json(path)) for path in _json_files(thread / "reactions"))
        text, user = str(tweet["text"]), (tweet.get("user") or {}).get("id_str")
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return Dropped(thread.name, f"its JSON is broken: {type(error).__name__}")
    time = twitter_time(tweet.get("created_at"))
    image = images.get(thread.name)
    language = _language(tweet)
    shown = (image,) if image else ()
    return Kept(Post(thread.name, text, shown, label, event, time, language, replies, user))


def _json_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.json")) if not path.name.startswith("._")]


def _reply(tweet: dict[str, Any]) -> Reply:
    parent = tweet.get("in_reply_to_status_id_str")
    user = (tweet.get("user") or {}).get("id_str")
    return Reply(
        str(tweet["id_str"]), str(tweet["text"]), parent, twitter_time(tweet.get("created_at")), user
    )


def _language(tweet: dict[str, Any]) -> str | None:
    language = tweet.get("lang")
    return None if language in (None, "und") else str(language)


def _read_tables(folder: Path) -> Iterator[Kept | Dropped]:
    images = images_by_stem(*(folder / name for name in _IMAGES))
    splits, labels = _published_split(folder)
    for row in csv.reader(lines(folder / _TABLE)):
        yield _table_row(row, splits, labels, images)
        splits.pop(row[0] if row else "", None)
    for number, split in splits.items():
        yield Dropped(f"{split} row {number}", f"its number is not in {_TABLE}, so its tweet is not known")


def _published_split(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    splits, labels = {}, {}
    for split in ("train", "valid", "test"):
        path = folder / f"pheme_{split}.csv"
        for row in csv.DictReader(lines(path)) if path.is_file() else ():
            splits[row["img"]], labels[row["img"]] = split_name(split) or split, row["label"]
    return splits, labels


def _table_row(
    row: list[str], splits: dict[str, str], labels: dict[str, str], images: dict[str, Path]
) -> Kept | Dropped:
    if len(row) != 4 or not row[1].isdecimal() or row[3] not in ("0", "1"):
        return Dropped(",".join(row)[:40], "it is not: number, tweet id, text, label (0 or 1)")
    number, tweet_id, text, label = row
    if labels.get(number, label) != label:
        return Dropped(tweet_id, f"{_TABLE} and the split disagree on its label")
    time = tweet_time(int(tweet_id))
    event = EVENT_MONTHS.get((time.year, time.month))
    image = images.get(number)
    post = Post(tweet_id, text, (image,) if image else (), Label(int(label)), event, time, "en")
    return Kept(post, splits.get(number), () if image else (f"{number}.jpg",))
