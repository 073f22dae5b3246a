"""What a picture's file says of itself: camera, software, time, how it was saved.

Anybody can write anything there, and most platforms strip it: it is a hint for people, never a proof, and no
detector reads it. Every string is cut short and freed of control characters; coordinates are never read out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image

from rumorscope.data.images import opened
from rumorscope.forensics.credentials import Credentials, read_credentials
from rumorscope.forensics.quantisation import nearest_quality
from rumorscope.forensics.strings import short_text
from rumorscope.post import ImageSource


@dataclass(frozen=True, slots=True)
class PictureMetadata:
    """What was found; None where the file does not say it."""

    form: str  # of the file: "JPEG"
    size: tuple[int, int]  # width and height in pixels, as stored
    camera: str | None
    software: str | None
    time: str | None  # as the camera or the software wrote it
    position: bool  # whether it says where it was taken
    thumbnail: bool  # whether it holds a small picture of its own, which an editor may have left as it was
    jpeg_quality: int | None  # 1 to 100, of the usual tables the nearest to the file's
    credentials: Credentials


def read_metadata(source: ImageSource) -> PictureMetadata:
    """Read a picture's file, decoding no pixel that need not be. Raises InputError where it is no picture."""
    with opened(source) as image:
        exif = _read_exif(image)
        return PictureMetadata(
            form=image.format or "unknown",
            size=image.size,
            camera=_camera(exif.main),
            software=short_text(exif.main.get(ExifTags.Base.Software)),
            time=short_text(
                exif.details.get(ExifTags.Base.DateTimeOriginal) or exif.main.get(ExifTags.Base.DateTime)
            ),
            position=exif.position,
            thumbnail=exif.thumbnail,
            jpeg_quality=_jpeg_quality(image),
            credentials=read_credentials(source, image.format),
        )


@dataclass(frozen=True, slots=True)
class _Exif:
    main: Mapping[int, Any]
    details: Mapping[int, Any]
    position: bool
    thumbnail: bool


def _read_exif(image: Image.Image) -> _Exif:
    try:
        exif = image.getexif()
        return _Exif(
            main=dict(exif),
            details=exif.get_ifd(ExifTags.IFD.Exif),
            position=bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
            thumbnail=ExifTags.Base.JpegIFOffset in exif.get_ifd(ExifTags.IFD.IFD1),
        )
    except Exception:  # noqa: BLE001  # broken EXIF raises many kinds, and the picture is no worse for it
        return _Exif({}, {}, position=False, thumbnail=False)


def _camera(exif: Mapping[int, Any]) -> str | None:
    make, model = (short_text(exif.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    if make and model and model.startswith(make):
        return model
    return " ".join(filter(None, (make, model))) or None


def _jpeg_quality(image: Image.Image) -> int | None:
    tables: dict[int, Any] = getattr(image, "quantization", {})
    return nearest_quality(tables[0]) if 0 in tables else None
