"""Pictures nobody vouches for: what is read, how it looks, and what is refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rumorscope.data.images import ImageLimits, image_key, read_image, read_mask
from rumorscope.errors import InputError

RED, GREEN = (200, 30, 30), (30, 200, 30)


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def colour(image: Image.Image, at: tuple[int, int] = (0, 0)) -> np.ndarray:
    return np.asarray(image)[at[1], at[0]].astype(int)


def test_reads_the_same_from_a_path_and_from_bytes(tmp_path: Path) -> None:
    data = encode(Image.new("RGB", (5, 4), RED))
    (tmp_path / "a.png").write_bytes(data)
    for source in (data, tmp_path / "a.png"):
        image = read_image(source)
        assert (image.mode, image.size, image.format) == ("RGB", (5, 4), "PNG")
        assert image_key(source) == hashlib.sha256(data).hexdigest()


def test_turns_a_picture_upright() -> None:
    image = Image.new("RGB", (4, 2), RED)
    image.putpixel((0, 0), GREEN)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    upright = read_image(encode(image, exif=exif))
    assert upright.size == (2, 4)
    assert tuple(colour(upright, (1, 0))) == GREEN


def test_takes_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (6, 6), RED), Image.new("RGB", (6, 6), GREEN)]
    image = read_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert np.abs(colour(image) - RED).max() < 4


def test_converts_cmyk() -> None:
    image = read_image(encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(colour(image) - (255, 0, 0)).max() < 8  # no cyan, all magenta and yellow: red


def test_scales_16_bits_to_8() -> None:
    values = np.array([[0, 257, 65535]], dtype=np.uint16)
    image = read_image(encode(Image.fromarray(values)))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 1, 255]


def test_stretches_32_bit_values_over_their_own_range() -> None:
    values = np.array([[-1.0, 0.0, 3.0]], dtype=np.float32)
    image = read_image(encode(Image.fromarray(values), "TIFF"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 63, 255]


def test_reads_a_palette_and_lays_transparency_over_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([*RED, *GREEN])
    palette.putpixel((1, 0), 1)
    image = read_image(encode(palette, transparency=bytes([255, 0])))
    assert tuple(colour(image, (0, 0))) == RED
    assert tuple(colour(image, (1, 0))) == (255, 255, 255)


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such image file"):
        read_image(tmp_path / "absent.jpg")
    with pytest.raises(InputError, match="no such image file"):
        read_image(tmp_path)
    with pytest.raises(InputError, match="cannot read the image"):
        image_key(tmp_path / "absent.jpg")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x00" * 64])
def test_refuses_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(InputError, match="not a readable picture"):
        read_image(data)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_refuses_a_truncated_picture(form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), form)
    with pytest.raises(InputError, match="not a readable picture"):
        read_image(data[: len(data) * 2 // 3])


def test_refuses_too_many_bytes(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(encode(Image.new("RGB", (9, 9))) + bytes(500))
    with pytest.raises(InputError, match=r"large\.png has more than 500 bytes"):
        read_image(tmp_path / "large.png", ImageLimits(max_bytes=500))


def test_refuses_too_many_pixels() -> None:
    data = encode(Image.new("L", (20, 10)))
    assert read_image(data, ImageLimits(max_pixels=200)).size == (20, 10)
    with pytest.raises(InputError, match="20 x 10 pixels, more than 199"):
        read_image(data, ImageLimits(max_pixels=199))


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_refuses_a_decompression_bomb_by_its_header(side: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    with pytest.raises(InputError, match=r"scale (it|the picture) down"):
        read_image(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_never_raise_anything_else(seed: int) -> None:
    random = np.random.default_rng(seed)
    form = ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"][seed % 6]
    data = bytearray(encode(Image.fromarray(random.integers(0, 255, (16, 16, 3), dtype=np.uint8)), form))
    for at in random.integers(0, len(data), 12):
        data[at] = random.integers(0, 256)
    with contextlib.suppress(InputError):
        assert read_image(bytes(data)).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_a_mask_is_white_where_it_counts_in_every_mode(mode: str) -> None:
    white = np.zeros((3, 4), dtype=bool)
    white[1, 2:] = True
    if mode == "I;16":
        mask = Image.fromarray(white.astype(np.uint16) * 65535)
    else:
        mask = Image.fromarray(white.astype(np.uint8) * 255).convert(mode)
    assert read_mask(encode(mask)).tolist() == white.tolist()


def test_the_transparency_of_a_mask_means_nothing() -> None:
    clear = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    clear.putpixel((0, 1), (255, 255, 255, 0))
    assert read_mask(encode(clear)).tolist() == [[False, False], [True, False]]
