"""Files and folders that are there whole or not at all, whatever kills the process in between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Fill the yielded temporary folder; on success it takes the place of `folder`, else it is removed.

    Where `folder` exists, a kill between the two renames leaves it as `.<name>.previous` beside.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial")
    previous = folder.with_name(f".{folder.name}.previous")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        for file in filter(Path.is_file, partial.rglob("*")):
            _flush(file)
        shutil.rmtree(previous, ignore_errors=True)
        if folder.exists():
            folder.rename(previous)
        partial.rename(folder)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_text_whole(path: Path, text: str) -> None:
    """Replace a file's text in one step."""
    write_bytes_whole(path, text.encode())


def write_bytes_whole(path: Path, data: bytes) -> None:
    """Replace a file's content in one step; of several processes that do it at once, one remains."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    _flush(partial)
    partial.replace(path)


def write_tensors_whole(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Replace a safetensors file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    save_file(
        {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}, partial, dict(metadata)
    )
    partial.replace(path)


def _flush(path: Path) -> None:
    """Put the bytes on the disk, so that the rename that follows cannot outrun them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
