"""Gather the posts that the compact detector learns from: thinned, with validation posts of other events.

Only published training (and validation) splits are read; a post whose text stands in any published test
split is left out, since the two Weibo collections overlap.

    python recipes/compact/gather.py --twitter F --pheme F --weibo-jin F --weibo-ced F --to data/compact
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rumorscope.data.hold_out import hold_out
from rumorscope.data.manifest import Row, load_rows, write_rows
from rumorscope.data.text import clean_text

VALIDATION_EVENTS = {"eclipse", "garissa", "malaysia"}  # of Twitter: both classes, few pictures
POSTS_A_PICTURE = 12  # Twitter has up to 1,000 posts that share a picture, and with it the label
SEED = 0


def thinned(rows: Sequence[Row]) -> list[Row]:
    """At most POSTS_A_PICTURE posts that show the same pictures, drawn at random."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row.images_file_names)].append(row)
    draw = random.Random(SEED)
    return [row for group in groups.values() for row in draw.sample(group, min(POSTS_A_PICTURE, len(group)))]


def validated(rows: Sequence[Row], folder: Path, fraction: float) -> list[Row]:
    """The rows with a fraction, grouped by picture, named "validation" and the rest "train"."""
    posts = [row.post(folder) for row in rows]
    held_out = {post.id for post in hold_out(posts, "image", fraction, SEED)[1]}
    return [row.model_copy(update={"split": "validation" if row.id in held_out else "train"}) for row in rows]


def twitter(folder: Path) -> list[Row]:
    rows = thinned([row for row in load_rows(folder) if row.split == "train"])
    return [
        row.model_copy(update={"split": "validation" if row.event in VALIDATION_EVENTS else "train"})
        for row in rows
    ]


def write(rows: Sequence[Row], source: Path, target: Path) -> None:
    """Write a manifest and its pictures (as hard links where the disk allows)."""
    target.mkdir(parents=True)
    for name in {name for row in rows for name in row.images_file_names}:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / name, target / name)
        except OSError:
            shutil.copyfile(source / name, target / name)
    write_rows(target, rows)
    splits = [row.split for row in rows]
    print(f"{target.name}: {splits.count('train')} train, {splits.count('validation')} validation")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("twitter", "pheme", "weibo-jin", "weibo-ced"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"the imported {name} data")
    parser.add_argument("--without-event", help="leave this event of PHEME out, to measure on it")
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()

    tests = [options.twitter, options.weibo_jin, options.weibo_ced]
    unseen = {clean_text(row.text) for folder in tests for row in load_rows(folder) if row.split == "test"}
    jin = [row for row in load_rows(options.weibo_jin) if row.split == "train"]
    ced = [row for row in load_rows(options.weibo_ced) if row.split != "test"]
    events = {row.event for row in load_rows(options.pheme)}
    if options.without_event not in {None, *events}:
        parser.error(
            f"PHEME has no event {options.without_event!r}; it has {', '.join(sorted(filter(None, events)))}"
        )
    pheme = [row for row in load_rows(options.pheme) if row.event != options.without_event]
    gathered = {
        "twitter": (options.twitter, twitter(options.twitter)),
        "pheme": (options.pheme, validated(pheme, options.pheme, 0.1)),
        "weibo-jin": (options.weibo_jin, validated(jin, options.weibo_jin, 0.1)),
        "weibo-ced": (options.weibo_ced, ced),
    }
    for name, (source, rows) in gathered.items():
        new = [row for row in rows if not clean_text(row.text) or clean_text(row.text) not in unseen]
        if len(new) < len(rows):
            print(f"{name}: {len(rows) - len(new)} left out, whose text is in a test split")
        write(new, source, options.to / name)


if __name__ == "__main__":
    main()
