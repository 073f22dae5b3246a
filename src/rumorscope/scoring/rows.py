"""One row of a user's file → the post it names. Rows are untrusted: a picture's path must not lead away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rumorscope.data.manifest import Row, explain
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.scorer import BadPost

IMAGE_COLUMNS = ("images", "image", "images_file_names", "file_names", "images_file_name", "image_file_name",
                 "file_name")  # fmt: skip
_KEPT = ("id", "text", "language", "replies")  # labels, splits and times do not bear on a verdict


def read_post(values: Mapping[str, Any], image_root: Path, *, place: str) -> Post | BadPost:
    """The post of a row; `place` ("line 7") is its id where it has none. A faulty row gives a BadPost."""
    identifier = values.get("id")
    known = str(identifier) if type(identifier) in (str, int) and identifier != "" else place
    kept = {"id": place, "text": ""} | {
        key: values[key] for key in _KEPT if values.get(key) not in (None, "")
    }
    try:
        names = [_inside(name, image_root) for name in _image_names(values)]
        row = Row.model_validate(kept | {"images_file_names": names})
    except InputError as error:
        return BadPost(known, str(error))
    except ValidationError as error:
        return BadPost(known, explain(error))
    return row.post(image_root)


def _image_names(values: Mapping[str, Any]) -> list[str]:
    used = [column for column in IMAGE_COLUMNS if values.get(column)]
    if len(used) > 1:
        raise InputError(f"both {used[0]} and {used[1]} name pictures; keep one")
    names = values[used[0]] if used else []
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{used[0]} = {str(names)[:80]!r}: name one file or a list of files")
    return list(names)


def _inside(name: str, root: Path) -> str:
    """The path relative to the root, links followed. Raises InputError where it leads elsewhere."""
    if "://" in name or name.startswith("data:"):
        raise InputError(f"the picture '{name[:80]}' is a URL, which is never fetched; name a file instead")
    try:
        found = (root / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, a loop of links
        raise InputError(f"the picture {name[:80]!r} has an impossible path: {error}") from error
    if not found.is_relative_to(root.resolve()):
        raise InputError(
            f"the picture '{name[:80]}' lies outside {root}; "
            "move it in, or widen --image-root if you trust the rows"
        )
    return found.relative_to(root.resolve()).as_posix()
