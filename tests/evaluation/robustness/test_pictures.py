from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rumorscope.data.images import read_image
from rumorscope.evaluation.robustness import pictures
from rumorscope.evaluation.robustness.pictures import PictureChange


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("change", "size"),
    [
        (pictures.recompress(20), (100, 60)),
        (pictures.resize(0.5), (50, 30)),
        (pictures.resize(2.0), (200, 120)),
        (pictures.crop, (80, 48)),
        (pictures.screenshot, (108, 124)),  # a line of 8 pixels: half on each side, four above and below
        (pictures.flip, (100, 60)),
        (pictures.blur, (100, 60)),
        (pictures.caption, (100, 60)),
        (pictures.grayscale, (100, 60)),
        (pictures.brightness(1.5), (100, 60)),
    ],
)
def test_sizes(change: PictureChange, size: tuple[int, int]) -> None:
    changed = change(noise(100, 60))
    assert (changed.size, changed.mode) == (size, "RGB")


def test_what_is_known_of_every_pixel() -> None:
    image = noise(40, 20)
    before = np.asarray(image)
    assert np.array_equal(np.asarray(pictures.flip(image)), before[:, ::-1])
    assert np.array_equal(np.asarray(pictures.crop(image)), before[2:18, 4:36])
    gray = np.asarray(pictures.grayscale(image))
    assert (gray[..., 0] == gray[..., 1]).all()
    assert (gray[..., 1] == gray[..., 2]).all()
    assert np.asarray(pictures.brightness(0.5)(Image.new("RGB", (2, 2), (100, 50, 20)))).tolist()[0][0] == [
        50,
        25,
        10,
    ]
    framed = np.asarray(pictures.screenshot(image))
    assert np.array_equal(framed[32:52, 4:44], before)  # the picture stands in its frame untouched
    captioned = np.asarray(pictures.caption(noise(400, 300)))
    assert np.array_equal(captioned[:100], np.asarray(noise(400, 300))[:100])  # words stand lower


def test_compression_loses_more_at_lower_quality() -> None:
    image = noise(64, 64).resize((256, 256))

    def error(quality: int) -> float:
        changed = np.asarray(pictures.recompress(quality)(image), dtype=float)
        return float(np.abs(changed - np.asarray(image, dtype=float)).mean())

    assert 0 < error(90) < error(50) < error(20)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_any_picture_survives(size: tuple[int, int]) -> None:
    changes = [pictures.crop, pictures.screenshot, pictures.blur, pictures.caption, pictures.resize(0.5)]
    for change in changes:
        changed = read_image(pictures.encoded(change(noise(*size))))
        assert min(changed.size) >= 1


def test_encoding_loses_nothing() -> None:
    image = noise(30, 20)
    assert np.array_equal(np.asarray(read_image(pictures.encoded(image))), np.asarray(image))


def test_the_largest_pictures_stay_readable() -> None:
    large = pictures.bounded(noise(3000, 2400))
    assert large.width * large.height <= 1.001 * pictures.MOST_PIXELS
    assert large.width / large.height == pytest.approx(3000 / 2400, rel=1e-3)
    doubled = pictures.resize(2.0)(noise(2000, 2000))
    assert doubled.width * doubled.height <= 1.001 * pictures.MOST_PIXELS
    assert pictures.resize(2.0)(large).size == large.size  # never smaller than it was
    read_image(pictures.encoded(pictures.screenshot(large)))  # noise is the worst that a PNG can meet
