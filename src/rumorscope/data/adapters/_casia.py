"""CASIA's tampering sets: what their file names tell, and how pictures of one source stay together.

`Au_pla_0005` is an authentic picture of plants; `Sp_D_CND_A_pla0005_pla0023_0281` (`Tp_…` in version 2) is
one into which a region of another was spliced; with `_S_` a region was copied within it. Dozens of files are
misnamed; the masks, which others drew later, bear the corrected names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rumorscope.data.adapters._interface import Dropped, Kept, find_folder, image_files
from rumorscope.data.dividing import fill_with_groups
from rumorscope.data.shared_pictures import linked_groups
from rumorscope.post import Manipulation, Post

_AUTHENTIC = re.compile(r"Au_([a-z]{3})_(\d{4,5})")
_TAMPERED = re.compile(
    r"(?P<prefix>Sp|Tp)_(?P<origin>[DS])_(?P<technique>[A-Z_]+)_"
    r"(?P<first>[a-z]{3}\d{4,5})_(?P<second>[a-z]{3}\d{4,5})[_.](?P<number>\d{4,5})"  # two files have a dot
)
_MASK_ENDING = re.compile(r"_gt\d*$")
_KINDS = {"D": "splice", "S": "copy_move"}  # the region is of a different picture, or of the same
_SPLITS, _SHARES = ("train", "validation", "test"), (0.7, 0.1, 0.2)


@dataclass(frozen=True)
class Layout:
    """Where a version keeps its files, how they are named, and which do not show what they should."""

    published: str
    tampered: tuple[str, ...]  # folders, of which those that stand there are read
    masks: tuple[str, ...]
    prefix: str  # of tampered pictures
    digits: int  # of an authentic picture's number
    untrue: Mapping[str, str]  # stems of pictures that cannot be used, and why


@dataclass(frozen=True)
class _Picture:
    path: Path
    manipulation: Manipulation
    sources: frozenset[str]  # such as pla0005


def read_casia(source: Path, layout: Layout) -> Iterator[Kept | Dropped]:
    """Every picture, without text or label, with its group of sources as the event, and a split.

    CASIA publishes no split. Pictures that share a source, directly or through others, are one group; whole
    groups fill train, validation and test in the shares 70, 10 and 20, by a fixed seed.
    """
    folder = find_folder(source, ("Au",), layout.published)
    paths = list(image_files((folder / name for name in ("Au", *layout.tampered)), "**/*"))
    masks = _Masks(image_files((folder / name for name in layout.masks), "**/*"), {p.stem for p in paths})
    read = [_picture(path, masks, layout) for path in paths]
    pictures = [item for item in read if isinstance(item, _Picture)]
    yield from (item for item in read if isinstance(item, Dropped))
    for picture, (event, split) in zip(pictures, _divided(pictures), strict=True):
        post = Post(picture.path.stem, "", (picture.path,), event=event, manipulation=picture.manipulation)
        yield Kept(post, split, needs_image=True)


class _Masks:
    """The masks by what their names tell, to be found under a picture's wrong name too."""

    def __init__(self, paths: Iterable[Path], pictures: set[str]) -> None:
        self.exact: dict[str, Path] = {}
        self.others: dict[tuple[str, ...], list[tuple[re.Match[str], Path]]] = defaultdict(list)
        for path in paths:
            stem = _MASK_ENDING.sub("", path.stem)
            self.exact.setdefault(stem, path)
            if stem not in pictures and (name := _TAMPERED.fullmatch(stem)):
                self.others[name.group("technique", "number")].append((name, path))

    def of(self, name: re.Match[str]) -> tuple[re.Match[str], Path | None]:
        """The true name of a picture, and its mask: the one that has its own name, or else its technique,
        its number and one of its sources."""
        if mask := self.exact.get(name.group()):
            return name, mask
        alike = self.others.get(name.group("technique", "number"), [])
        found = [(true, path) for true, path in alike if _sources(true) & _sources(name)]
        return found[0] if len(found) == 1 else (name, None)


def _picture(path: Path, masks: _Masks, layout: Layout) -> _Picture | Dropped:
    if path.stem in layout.untrue:
        return Dropped(path.stem, layout.untrue[path.stem])
    if (name := _AUTHENTIC.fullmatch(path.stem)) and len(name[2]) == layout.digits:
        return _Picture(path, Manipulation(tampered=False), frozenset([name[1] + name[2]]))
    name = _TAMPERED.fullmatch(path.stem)
    if name is None or name["prefix"] != layout.prefix:
        return Dropped(path.name, "its name does not tell whether it is authentic, or what it was made of")
    true, mask = masks.of(name)
    manipulation = Manipulation(True, _KINDS[true["origin"]], mask)
    return _Picture(path, manipulation, _sources(name) | _sources(true))


def _sources(name: re.Match[str]) -> frozenset[str]:
    return frozenset(name.group("first", "second"))


def _divided(pictures: list[_Picture]) -> list[tuple[str, str]]:
    """Each picture's group, by the name of its first source, and its split."""
    if not pictures:
        return []
    sources = sorted({source for picture in pictures for source in picture.sources})
    number = {source: len(pictures) + index for index, source in enumerate(sources)}
    edges = [(row, number[source]) for row, picture in enumerate(pictures) for source in picture.sources]
    groups = linked_groups(np.array(edges, dtype=np.int64), len(pictures) + len(sources))
    names: dict[int, str] = {}
    for source, group in zip(sources, groups[len(pictures) :].tolist(), strict=True):
        names.setdefault(group, source)
    of_pictures = groups[: len(pictures)]
    tampered = np.array([picture.manipulation.tampered for picture in pictures], dtype=np.int64)
    parts = fill_with_groups(of_pictures, tampered, _SHARES, [0])  # tampered pictures spread as rumors would
    return [(names[g], _SPLITS[part]) for g, part in zip(of_pictures.tolist(), parts.tolist(), strict=True)]
