"""What files say of themselves: read where it stands, bounded, and never a coordinate."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from rumorscope.errors import InputError
from rumorscope.forensics.metadata import PictureMetadata, read_metadata
from rumorscope.forensics.quantisation import nearest_quality, usual_table
from rumorscope.forensics.strings import short_text

GPS = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)}


def saved(form: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, form, **options)
    return buffer.getvalue()


def exif(**values: object) -> Image.Exif:
    made = Image.Exif()
    for name, value in values.items():
        made[ExifTags.Base[name].value] = value
    return made


def test_a_photograph_with_everything() -> None:
    tags = exif(
        Make="Canon", Model="Canon EOS 5D", Software="Adobe Photoshop 24", DateTime="2015:01:07 12:00:00"
    )
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2015:01:07 11:30:00"
    tags.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    found = read_metadata(saved(exif=tags, quality=75))
    assert (found.form, found.size, found.jpeg_quality) == ("JPEG", (40, 30), 75)
    assert (found.camera, found.software, found.time) == (
        "Canon EOS 5D", "Adobe Photoshop 24", "2015:01:07 11:30:00",
    )  # fmt: skip
    assert found.position
    assert not found.thumbnail
    assert "48" not in repr(found).replace("2015", "")  # no part of the coordinates


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_file_that_says_nothing(form: str) -> None:
    found = read_metadata(saved(form))
    assert found == PictureMetadata(
        form, (40, 30), None, None, None, False, False, found.jpeg_quality, found.credentials
    )
    assert (found.jpeg_quality is not None) == (form == "JPEG")


def test_exif_of_other_formats() -> None:
    for form in ("PNG", "WEBP"):
        assert read_metadata(saved(form, exif=exif(Make="Nikon", Model="D70"))).camera == "Nikon D70"


def test_a_thumbnail_is_noticed() -> None:
    """Two directories by hand, since Pillow writes no second: an empty one, and one with a thumbnail."""
    small = saved(quality=30)
    second = struct.pack(">H" + "HHII" * 2 + "I", 2, 513, 4, 1, 44, 514, 4, 1, len(small), 0)
    tags = b"Exif\0\0MM\0*" + struct.pack(">IHI", 8, 0, 14) + second + small
    assert read_metadata(saved(exif=tags)).thumbnail


def test_hostile_strings_are_cut_and_cleaned() -> None:
    found = read_metadata(saved(exif=exif(Software="\x1b[31mred\n" + "x" * 5000, Make="\x00\x07")))
    assert found.camera is None
    assert found.software is not None
    assert found.software.startswith("[31mred xxx")
    assert len(found.software) == 80


@given(st.text() | st.binary() | st.integers() | st.none())
def test_short_text_is_short_and_printable(value: object) -> None:
    text = short_text(value)
    assert text is None or (0 < len(text) <= 80 and text.isprintable() and text == text.strip())


def test_what_is_no_picture_is_refused() -> None:
    for data in (b"", b"\xff\xd8\xff\xe1", b"<svg/>", saved("PNG")[:20]):
        with pytest.raises(InputError, match="not a readable picture"):
            read_metadata(data)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_exif_is_no_failure() -> None:
    data = saved(exif=exif(Make="Canon", Model="5D"))
    start = data.index(b"Exif\0\0") + 6
    for position in range(start, start + 40):
        spoiled = bytearray(data)
        spoiled[position] ^= 0xFF
        assert read_metadata(bytes(spoiled)).form == "JPEG"


@pytest.mark.parametrize("quality", [1, 25, 49, 50, 75, 90, 100])
def test_the_usual_tables_are_those_that_encoders_write(quality: int) -> None:
    with Image.open(io.BytesIO(saved(quality=quality))) as image:
        table = image.quantization[0]  # type: ignore[attr-defined]
    assert list(table) == usual_table(quality).tolist()
    assert nearest_quality(table) == quality


def test_an_unusual_table_has_a_nearest_quality() -> None:
    assert nearest_quality(np.clip(usual_table(80) + 1, 1, 255).tolist()) in range(74, 80)
