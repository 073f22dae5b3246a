"""Error levels: flat pictures have none, what was never saved changes most, and the map tells where."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rumorscope.errors import InputError
from rumorscope.forensics.error_level import error_level, error_level_map, error_level_picture
from rumorscope.forensics.grids import cell_means, grid, spread
from rumorscope.forensics.recompression import jpeg, recompressed


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_a_flat_gray_picture_has_no_error() -> None:
    flat = Image.new("RGB", (32, 24), (128, 128, 128))
    assert not error_level(flat).any()
    picture, gain = error_level_picture(flat)
    assert (picture.getextrema(), gain) == (((0, 0),) * 3, 255)
    assert not np.array(error_level_map(flat)).any()


def test_the_error_is_the_difference_to_the_saved_picture() -> None:
    picture = noise(40, 30)
    expected = np.abs(np.asarray(picture, int) - np.asarray(recompressed(picture, 90), int))
    assert np.allclose(error_level(picture), expected.mean(axis=2))
    shown, gain = error_level_picture(picture)
    assert gain == 255 / np.quantile(expected, 0.998, method="inverted_cdf")
    assert np.abs(np.asarray(shown) - np.minimum(expected * gain, 255)).max() <= 0.5


def test_what_was_saved_before_changes_less_than_what_was_not() -> None:
    """The textbook case: a patch that never was JPEG in a picture that was."""
    picture = recompressed(noise(128, 96), 90)
    picture.paste(noise(32, 32, seed=1), (64, 32))
    cells = np.array(error_level_map(picture, longest=16))  # of 8 pixels
    assert cells.shape == (12, 16)
    inside = np.zeros((12, 16), dtype=bool)
    inside[4:8, 8:12] = True
    assert cells[inside].min() > cells[~inside].max()
    assert cells.max() == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (3, 2), (400, 30)])
def test_pictures_of_any_shape_have_a_map(size: tuple[int, int]) -> None:
    cells = np.array(error_level_map(noise(*size)))
    assert cells.shape == grid(size, 48)
    assert np.isfinite(cells).all()
    assert 0 <= cells.min() <= cells.max() <= 1


def test_grids_are_about_square() -> None:
    assert grid((384, 256), 48) == (32, 48)
    assert grid((10, 1000), 48) == (48, 1)


def test_cell_means_weigh_pixels_on_a_border_by_their_share() -> None:
    values = np.arange(6, dtype=float).reshape(1, 6)
    assert cell_means(values, (1, 3)).tolist() == [[0.5, 2.5, 4.5]]
    assert cell_means(values, (1, 4))[0] == pytest.approx([1 / 3, 5 / 3, 10 / 3, 14 / 3], rel=1e-6)
    assert spread(np.array([[0.25]]), (3, 5)).tolist() == [[0.25] * 5] * 3
    assert cell_means(spread(np.array([[0.0, 1.0]]), (4, 8)), (1, 2))[0].mean() == pytest.approx(0.5)


def test_what_jpeg_cannot_do_is_said() -> None:
    with pytest.raises(InputError, match="JPEG quality 0; use 1 to 100"):
        jpeg(noise(4, 4), 0)
    with pytest.raises(InputError, match="JPEG takes 65500"):
        jpeg(Image.new("L", (65_501, 1)), 90)
