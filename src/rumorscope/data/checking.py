"""Everything that is wrong with a manifest folder, pictures included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rumorscope.data.images import image_key, read_bytes, read_image
from rumorscope.data.manifest import Problem, check_rows
from rumorscope.data.parallel import Progress, in_parallel, no_progress
from rumorscope.data.row import Row
from rumorscope.errors import InputError


@dataclass(frozen=True, slots=True)
class Inspection:
    """A folder's good rows, and all that is wrong with the others and with the pictures."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]  # by line


@dataclass(frozen=True, slots=True)
class _Expected:
    """A file that rows name."""

    line: int  # of the row that names it first
    sha256: str | None
    masks: str | None = None  # the picture that it is a mask of


def inspect_folder(folder: Path, progress: Progress = no_progress) -> Inspection:
    """Read every row and decode every picture once. Raises InputError only where there is no manifest."""
    rows: list[Row] = []
    problems: list[Problem] = []
    expected: dict[str, _Expected] = {}
    for line, row in enumerate(check_rows(folder), start=1):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        rows.append(row)
        for name, file in _files(row, line):
            expected.setdefault(name, file)
    if not rows and not problems:
        problems.append(Problem(0, "the manifest holds no posts"))
    problems += _file_problems(folder, expected, progress)
    return Inspection(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))


def _files(row: Row, line: int) -> Iterator[tuple[str, _Expected]]:
    hashes = row.images_sha256 or (None,) * len(row.images_file_names)
    for name, sha256 in zip(row.images_file_names, hashes, strict=True):
        yield name, _Expected(line, sha256)
    if row.mask_file_name:
        yield row.mask_file_name, _Expected(line, row.mask_sha256, row.images_file_names[0])


def _file_problems(folder: Path, expected: dict[str, _Expected], progress: Progress) -> Iterator[Problem]:
    sizes: dict[str, tuple[int, int]] = {}
    for name, found in in_parallel(
        lambda name: _decoded(folder, name, expected[name]), list(expected), progress
    ):
        if isinstance(found, str):
            yield Problem(expected[name].line, f"the image {name} {found}")
        else:
            sizes[name] = found
    for name, file in expected.items():
        if file.masks in sizes and name in sizes and sizes[name] != sizes[file.masks]:
            yield Problem(file.line, f"the mask {name} has another size than its picture {file.masks}")


def _decoded(folder: Path, name: str, file: _Expected) -> tuple[int, int] | str:
    """A picture's width and height, or what is wrong with it."""
    try:
        data = read_bytes(folder / name)
        size = read_image(data).size
    except InputError as error:
        return str(error).removeprefix("the image ").removeprefix(str(folder / name)).strip()
    if file.sha256 is not None and image_key(data) != file.sha256:
        return "is not the one that was imported: its SHA-256 is another"
    return size
