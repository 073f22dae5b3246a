"""A split as a small file: which post of a manifest is in which part, and what it was made from.

The file is JSON. It holds no posts, so it can be shared where the data cannot; it names the manifest by its
fingerprint and the pictures by a hash of their content, and is refused where either has changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from rumorscope.data.images import image_key
from rumorscope.data.manifest import Manifest
from rumorscope.errors import InputError
from rumorscope.post import ImageSource

FORMAT = 1
Part = Literal["train", "validation", "test", "unused"]
PARTS: dict[str, Part] = {"t": "train", "v": "validation", "s": "test", "-": "unused"}
"""What each character of a fold stands for."""

_STRICT = ConfigDict(extra="forbid")
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@checked_dataclass(frozen=True, config=_STRICT)
class Fold:
    """One division of the posts. A plan's only fold has the name ""."""

    name: str
    assignment: Annotated[str, Field(pattern="^[tvs-]+$")]  # one character a post, in the manifest's order

    @property
    def parts(self) -> tuple[Part, ...]:
        """The part of each post."""
        return tuple(PARTS[character] for character in self.assignment)


@checked_dataclass(frozen=True, config=_STRICT)
class SplitPlan:
    """How a manifest's posts are divided, in one or more folds."""

    protocol: str
    seed: int
    ratios: tuple[float, float, float]  # of train, validation and test, adding up to 1
    fingerprint: Sha256  # of the manifest
    pictures: Sha256  # of the pictures' content
    folds: Annotated[tuple[Fold, ...], Field(min_length=1)]

    def fold(self, name: str | None = None) -> Fold:
        """A fold by its name; the only one without. Raises InputError that lists the folds."""
        names = [fold.name for fold in self.folds]
        if name is None and len(names) == 1:
            return self.folds[0]
        if name not in names:
            wanted = "the split has several folds" if name is None else f"the split has no fold '{name}'"
            known = ", ".join(names) if len(names) > 1 else "a single one, which needs no name"
            raise InputError(f"{wanted}; it has: {known}")
        return self.folds[names.index(name)]

    def apply(self, manifest: Manifest, fold: str | None = None) -> Manifest:
        """The manifest with the fold's parts as its splits.

        Where these differ from the manifest's own, the fingerprint covers the parts too, so that results on
        two folds are never taken for results on the same data. Raises InputError where the manifest or a
        picture is not what it was.
        """
        chosen = self.fold(fold)
        if manifest.fingerprint != self.fingerprint or len(chosen.assignment) != len(manifest.posts):
            raise InputError(
                f"{manifest.folder} is not the data that the split was made from: its metadata.jsonl has "
                f"the SHA-256 {manifest.fingerprint[:12]}…, not {self.fingerprint[:12]}…; import the same "
                "dataset with the same version, or make a new split with 'rumorscope data split'"
            )
        if picture_hash(manifest) != self.pictures:
            raise InputError(
                f"{manifest.folder} is not the data that the split was made from: a picture's content has "
                "changed; import the dataset again, or make a new split with 'rumorscope data split'"
            )
        if chosen.parts == manifest.splits:
            return manifest
        both = f"{manifest.fingerprint}\n{chosen.assignment}"
        return replace(
            manifest,
            splits=chosen.parts,
            fingerprint=hashlib.sha256(both.encode()).hexdigest(),
            undivided=manifest.fingerprint,
        )


@dataclass(frozen=True)
class _SplitFile:
    """The plan as it is stored: `checksum` finds a file that was cut off or edited by hand."""

    format: int
    plan: SplitPlan
    checksum: str


def divided(manifest: Manifest, split: Path | None, fold: str | None) -> Manifest:
    """The manifest divided by a split file, where one is given.

    Raises InputError as `read_split` and `SplitPlan.apply` do, and for a fold without a file.
    """
    if split is not None:
        return read_split(split).apply(manifest, fold)
    if fold is not None:
        raise InputError(f"the fold '{fold}' is of a split file, and none is given; name it too")
    return manifest


def picture_hash(manifest: Manifest) -> str:
    """SHA-256 over the content of every distinct picture, in the order in which the posts name them.

    Raises InputError for a picture that cannot be read, or that is not the one the manifest records.
    """
    digest = hashlib.sha256()
    for source in dict.fromkeys(source for post in manifest.posts for source in post.images):
        key = image_key(source)
        if manifest.recorded.get(source, key) != key:
            raise InputError(
                f"{_shown(source)} is not the picture that was imported: its SHA-256 is another; "
                "'rumorscope data check' finds all such pictures"
            )
        digest.update(bytes.fromhex(key))
    return digest.hexdigest()


def write_split(plan: SplitPlan, path: Path) -> None:
    """Write a plan whole or not at all. Raises InputError where the place cannot be written."""
    file = _SplitFile(FORMAT, plan, _checksum(plan))
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(json.dumps(asdict(file), ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def read_split(path: Path) -> SplitPlan:
    """Read a plan. Raises InputError where the file is missing, cut off, edited or no split."""
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the split {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no split file, or was cut off: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(f"{path} is no split file of format {FORMAT}; make one with 'rumorscope data split'")
    try:
        file = TypeAdapter(_SplitFile).validate_python(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise InputError(f"{path} is no split file: {where}: {problem['msg']}") from error
    if file.checksum != _checksum(file.plan):
        raise InputError(f"{path} was changed after it was written; fetch it again, or make it anew")
    return file.plan


def _shown(source: ImageSource) -> str:
    return "a picture" if isinstance(source, bytes) else str(source)


def _checksum(plan: SplitPlan) -> str:
    return hashlib.sha256(json.dumps(asdict(plan), ensure_ascii=False).encode()).hexdigest()
