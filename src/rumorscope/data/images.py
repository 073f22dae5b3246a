"""Reading pictures that nobody vouches for: bounded in bytes and pixels, upright, always RGB."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from rumorscope.errors import InputError
from rumorscope.post import ImageSource

_FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")  # never EPS: it starts Ghostscript

# Pillow warns of harmless flaws, such as broken EXIF, and of sizes that are refused here. Said once for the
# process, since `warnings.catch_warnings` is not safe among threads, and pictures are decoded in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """The largest file, and the largest picture once decoded, that is still read."""

    max_bytes: int = 30_000_000
    max_pixels: int = 50_000_000


def read_image(source: ImageSource, limits: ImageLimits = ImageLimits()) -> Image.Image:
    """Decode a picture to RGB: the first frame, turned upright, any transparency laid over white.

    The result's `format` is the file's. Raises InputError where the file is missing, too large, truncated,
    or no picture that Pillow can read.
    """
    return decode(source, limits, _to_rgb)


def read_mask(source: ImageSource, limits: ImageLimits = ImageLimits()) -> NDArray[np.bool_]:
    """(height, width) where a mask is white; its transparency means nothing. Raises as `read_image` does."""
    return np.asarray(decode(source, limits, _to_gray)) > 127


def decode(
    source: ImageSource, limits: ImageLimits, convert: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The first frame of a picture, upright, as `convert` makes it. Raises as `read_image` does."""
    with opened(source, limits) as image:
        image.load()
        upright = convert(ImageOps.exif_transpose(image))
        upright.format = image.format
        return upright


@contextmanager
def opened(source: ImageSource, limits: ImageLimits = ImageLimits()) -> Iterator[Image.Image]:
    """A picture's file, to be decoded or asked what else it holds; whatever that raises is an InputError."""
    data = read_bytes(source, limits)
    try:
        with Image.open(io.BytesIO(data), formats=_readable_formats()) as image:
            _check_pixels(image, source, limits)
            yield image
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{_name(source)}: {error}; scale the picture down") from error
    except Exception as error:  # decoders meet hostile bytes with many kinds of exception
        raise InputError(f"{_name(source)} is not a readable picture: {_reason(error)}") from error


def read_bytes(source: ImageSource, limits: ImageLimits = ImageLimits()) -> bytes:
    """The file's bytes. Raises InputError where it is missing or larger than `limits.max_bytes`."""
    if isinstance(source, bytes):
        data = source
    else:
        try:
            if not source.is_file():
                raise InputError(f"{source}: no such image file")
            with source.open("rb") as file:
                data = file.read(limits.max_bytes + 1)
        except OSError as error:
            raise InputError(f"cannot read the image {source}: {error.strerror}") from error
    if len(data) > limits.max_bytes:
        raise InputError(f"{_name(source)} has more than {limits.max_bytes} bytes; save it smaller")
    return data


def image_key(source: ImageSource) -> str:
    """SHA-256 of the file's bytes, in hexadecimal. Raises InputError where the file cannot be read."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read the image {source}: {error.strerror}") from error


def _readable_formats() -> list[str]:
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]  # AVIF is in newer builds of Pillow only


def _check_pixels(image: Image.Image, source: ImageSource, limits: ImageLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise InputError(
            f"{_name(source)} has {width} x {height} pixels, more than {limits.max_pixels}; scale it down"
        )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = _stretch(image)  # 32-bit values have no fixed white, so their own range is shown
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _to_gray(mask: Image.Image) -> Image.Image:
    return _to_rgb(mask.convert("RGB") if mask.has_transparency_data else mask).convert("L")


def _stretch(image: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = values.min(), values.max()
    scaled = (values - low) * (255 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(scaled.astype(np.uint8))


def _name(source: ImageSource) -> str:
    return "the image" if isinstance(source, bytes) else str(source)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"its content is none of {', '.join(_readable_formats())}"
    return str(error) or type(error).__name__
