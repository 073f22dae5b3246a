"""Published files → a manifest folder, with an account of every row."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rumorscope.data.adapters import Dropped, Kept, adapter
from rumorscope.data.images import image_key, read_bytes, read_image, read_mask
from rumorscope.data.manifest import METADATA, write_rows
from rumorscope.data.parallel import Progress, in_parallel, no_progress
from rumorscope.data.row import ReplyRow, Row, explain
from rumorscope.errors import InputError
from rumorscope.post import Manipulation, Post

ACCOUNT = "account.csv"
_SUFFIXES = {"PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif", "AVIF": ".avif"}


@dataclass(frozen=True)
class AccountLine:
    """What became of one published row, or of one picture or mask that a kept row names."""

    row: str
    outcome: str  # "kept", "dropped", "kept without a picture" or "kept without a mask"
    reason: str = ""


@dataclass
class Account:
    """What became of every published row."""

    lines: list[AccountLine] = field(default_factory=list)

    def add(self, row: str, outcome: str, reason: str = "") -> None:
        self.lines.append(AccountLine(row, outcome, reason))

    def summary(self) -> list[tuple[str, str, int, list[str]]]:
        """(outcome, reason, rows, the first few of them), kept rows first, then the most frequent."""
        counts = Counter((line.outcome, line.reason) for line in self.lines)
        examples: dict[tuple[str, str], list[str]] = {key: [] for key in counts}
        for line in self.lines:
            if len(examples[line.outcome, line.reason]) < 3:
                examples[line.outcome, line.reason].append(line.row)
        ordered = sorted(counts.items(), key=lambda item: (item[0][0] != "kept", -item[1], item[0]))
        return [(*key, count, examples[key]) for key, count in ordered]

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "outcome", "reason"])
            writer.writerows((line.row, line.outcome, line.reason) for line in self.lines)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A picture, or a mask, in the manifest's folder."""

    file_name: str
    sha256: str
    size: tuple[int, int]  # width, height in pixels


Stored = dict[Path, StoredImage | str]
"""What became of each published file: where its copy stands, or why there is none."""


def import_dataset(name: str, source: Path, folder: Path, progress: Progress = no_progress) -> Account:
    """Write the dataset at `source` as a manifest folder; one that holds it already is left as it is.

    The folder appears when it is complete. Raises InputError where the files are not the dataset's, no row
    can be kept, or `folder` holds something else.
    """
    _refuse_foreign(folder)
    read = list(adapter(name)(source))
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        (unfinished / "images").mkdir(parents=True)
        account = Account()
        stored = _store_images(read, unfinished, progress)
        masks = _store_masks(read, unfinished)
        rows = list(_rows(read, stored, masks, account))
        if not rows:
            raise InputError(f"no row of {source} can be kept: {_most_frequent(account)}")
        account.write(unfinished / ACCOUNT)
        write_rows(unfinished, rows)
        _put_in_place(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return account


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a new folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / METADATA).is_file():
        raise InputError(f"{folder} is not empty; give a new folder")


def _put_in_place(unfinished: Path, folder: Path) -> None:
    if not (folder / METADATA).is_file():
        unfinished.replace(folder)  # an empty folder gives way
    elif image_key(folder / METADATA) != image_key(unfinished / METADATA):
        raise InputError(f"{folder} holds another import already; give a new folder, or remove it first")


def _store_images(read: Iterable[Kept | Dropped], folder: Path, progress: Progress) -> Stored:
    """Copy every distinct picture, and decode it once; what cannot be decoded gets the reason instead."""
    paths = list(dict.fromkeys(path for row in read if isinstance(row, Kept) for path in row.images))
    return dict(in_parallel(lambda path: _store_image(path, folder), paths, progress))


def _store_image(path: Path, folder: Path) -> StoredImage | str:
    try:
        data = read_bytes(path)
        image = read_image(data)
    except InputError as error:
        return _reason(error, path)
    return _store(data, folder, "images", _SUFFIXES.get(image.format or "", ".jpg"), image.size)


def _store_masks(read: Iterable[Kept | Dropped], folder: Path) -> Stored:
    """Copy every mask likewise, as a picture that loses nothing."""
    paths = [row.mask for row in read if isinstance(row, Kept) and row.mask is not None]
    if paths:
        (folder / "masks").mkdir()
    return dict(in_parallel(lambda path: _store_mask(path, folder), paths, no_progress))


def _store_mask(path: Path, folder: Path) -> StoredImage | str:
    try:
        data = read_bytes(path)
        height, width = read_mask(data).shape
    except InputError as error:
        return _reason(error, path)
    return _store(data, folder, "masks", path.suffix.lower(), (width, height))


def _store(data: bytes, folder: Path, below: str, suffix: str, size: tuple[int, int]) -> StoredImage:
    key = image_key(data)
    name = f"{below}/{key}{suffix}"  # the content names the file: safe, unique, and equal pictures are one
    (folder / name).write_bytes(data)
    return StoredImage(name, key, size)


def _reason(error: InputError, path: Path) -> str:
    return str(error).removeprefix("the image ").removeprefix(str(path)).strip()


def _rows(read: Iterable[Kept | Dropped], stored: Stored, masks: Stored, account: Account) -> Iterator[Row]:
    seen: set[str] = set()
    for item in read:
        if isinstance(item, Dropped):
            account.add(item.row, "dropped", item.reason)
            continue
        images = list(
            dict.fromkeys(found for path in item.images if isinstance(found := stored[path], StoredImage))
        )
        mask = _mask_of(item, images, masks)
        row = _row_of(item, images, mask, stored, seen)
        if isinstance(row, Dropped):
            account.add(row.row, "dropped", row.reason)
            continue
        seen.add(row.id)
        account.add(row.id, "kept")
        unusable = [f"{path.name}: {stored[path]}" for path in item.images if isinstance(stored[path], str)]
        for reason in (*unusable, *["it is not among the files"] * bool(item.missing_images)):
            account.add(row.id, "kept without a picture", reason)
        if isinstance(mask, str):
            account.add(row.id, "kept without a mask", mask)
        yield row


def _mask_of(item: Kept, images: list[StoredImage], masks: Stored) -> StoredImage | str | None:
    """The mask of a row's picture, or why it has none; None where it needs none."""
    if item.mask is None:
        tampered = item.post.manipulation is not None and item.post.manipulation.tampered
        return "it is not among the files" if tampered else None
    mask = masks[item.mask]
    if isinstance(mask, str):
        return f"{item.mask.name}: {mask}"
    if len(images) != 1 or mask.size != images[0].size:
        return "its size is not the picture's"
    return mask


def _row_of(
    item: Kept, images: list[StoredImage], mask: StoredImage | str | None, stored: Stored, seen: set[str]
) -> Row | Dropped:
    if item.post.id in seen:
        return Dropped(item.post.id, "another row has its id")
    if item.needs_image and not images:
        return Dropped(item.post.id, f"{item.images[0].name}: {stored[item.images[0]]}")
    try:
        return _row(item.post, item.split, images, mask if isinstance(mask, StoredImage) else None)
    except ValidationError as error:
        return Dropped(item.post.id, explain(error))


def _row(post: Post, split: str | None, images: list[StoredImage], mask: StoredImage | None) -> Row:
    return Row(
        id=post.id,
        text=post.text,
        images_file_names=tuple(image.file_name for image in images),
        images_sha256=tuple(image.sha256 for image in images),
        label=post.label,
        split=split,
        event=post.event,
        time=post.time,
        language=post.language,
        replies=tuple(
            ReplyRow(id=reply.id, text=reply.text, parent=reply.parent, time=reply.time, user=reply.user)
            for reply in post.replies
        ),
        user=post.user,
        **_of_forgery(post.manipulation, mask),
    )


def _of_forgery(known: Manipulation | None, mask: StoredImage | None) -> dict[str, Any]:
    if known is None:
        return {}
    masked = {"mask_file_name": mask.file_name, "mask_sha256": mask.sha256} if mask else {}
    return {"tampered": known.tampered, "tampering": known.kind, **masked}


def _most_frequent(account: Account) -> str:
    summary = account.summary()
    return summary[0][1] if summary else "there are none"
