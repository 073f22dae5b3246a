"""Everything that is wrong with a manifest folder, pictures included."""

from __future__ import annotations

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


def inspect_folder(folder: Path, progress: Progress = no_progress) -> Inspection:
    """Read every row and decode every picture once. Raises InputError only where there is no manifest."""
    rows: list[Row] = []
    problems: list[Problem] = []
    expected: dict[str, tuple[int, str | None]] = {}  # picture → the line that names it first, and its hash
    for line, row in enumerate(check_rows(folder), start=1):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        rows.append(row)
        hashes = row.images_sha256 or (None,) * len(row.images_file_names)
        for name, sha256 in zip(row.images_file_names, hashes, strict=True):
            expected.setdefault(name, (line, sha256))
    if not rows and not problems:
        problems.append(Problem(0, "the manifest holds no posts"))
    for name, message in in_parallel(
        lambda name: _picture_problem(folder, name, expected[name][1]), list(expected), progress
    ):
        if message:
            problems.append(Problem(expected[name][0], f"the image {name} {message}"))
    return Inspection(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))


def _picture_problem(folder: Path, name: str, sha256: str | None) -> str | None:
    try:
        data = read_bytes(folder / name)
        read_image(data)
    except InputError as error:
        return str(error).removeprefix("the image ").removeprefix(str(folder / name)).strip()
    if sha256 is not None and image_key(data) != sha256:
        return "is not the one that was imported: its SHA-256 is another"
    return None
