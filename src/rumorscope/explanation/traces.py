"""Traces of manipulation in a picture, for people: a detector's map, the error level, what the file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rumorscope.data.images import read_image
from rumorscope.explanation import words
from rumorscope.explanation.embedding import Cell, colored_cells, data_url
from rumorscope.explanation.rendering import render
from rumorscope.forensics.error_level import QUALITY, error_level_picture
from rumorscope.forensics.metadata import PictureMetadata, read_metadata
from rumorscope.post import Evidence, ImageSource, ManipulationMap, Post

_CREDENTIALS = {
    "not checked": "not checked: the package c2pa-python is not installed",
    "none": "none; most platforms remove them",
    "valid": "signed, and the file is as its maker left it; who that maker is was not checked",
    "invalid": "signed, but the file was changed since, or the signature is faulty",
    "elsewhere": "kept on the net, which is never asked",
    "unreadable": "there, but unreadable",
}


@dataclass(frozen=True, slots=True)
class Traces:
    """One picture's traces as a page shows them."""

    index: int
    width: int
    height: int
    data: str  # the picture
    sentence: str | None  # what the detector says of the whole; None where none was asked
    cells: list[Cell]
    error_level: str  # a picture
    gain: float  # how many times its contrast was raised
    quality: int  # at which it was saved again
    metadata: list[tuple[str, str]]


def traces_of_post(post: Post, evidence: Evidence) -> list[Traces]:
    """The traces of each picture of which the detector says whether it was altered."""
    return [traces_of(post.images[found.image], found) for found in evidence.manipulation]


def traces_of(source: ImageSource, found: ManipulationMap | None = None) -> Traces:
    """A picture's traces; without a detector's map, those that need none. Raises InputError."""
    image = read_image(source)
    level, gain = error_level_picture(image)
    return Traces(
        index=found.image if found else 0,
        width=image.width,
        height=image.height,
        data=data_url(image),
        sentence=words.manipulation(found) if found else None,
        cells=colored_cells(found.values, found.values, image.size) if found else [],
        error_level=data_url(level),
        gain=gain,
        quality=QUALITY,
        metadata=list(metadata_lines(read_metadata(source))),
    )


def traces_page(name: str, source: ImageSource, found: ManipulationMap | None = None, maker: str = "") -> str:
    """A page of one picture; `maker` names the detector and checkpoint that `found` is from."""
    return render("picture.html", {"name": name, "found": traces_of(source, found), "maker": maker})


def metadata_lines(found: PictureMetadata) -> Iterator[tuple[str, str]]:
    """What a file says of itself, line by line, for people."""
    width, height = found.size
    quality = f", quality about {found.jpeg_quality}" if found.jpeg_quality else ""
    yield "File", f"{found.form}, {width} × {height} pixels{quality}"
    yield "Camera", found.camera or "not stated"
    yield "Software", found.software or "not stated"
    yield "Time", found.time or "not stated"
    yield "Position", "stated in the file, and not shown here" if found.position else "not stated"
    yield "Thumbnail", "in the file; an editor may have left it as it was" if found.thumbnail else "none"
    yield "Content Credentials", _credentials(found)


def _credentials(found: PictureMetadata) -> str:
    credentials = found.credentials
    parts = [_CREDENTIALS[credentials.state]]
    if credentials.maker:
        parts.append(f"written by: {credentials.maker}")
    if credentials.generated:
        parts.append("they say that a model generated the picture, or a part of it")
    return "; ".join(parts)
