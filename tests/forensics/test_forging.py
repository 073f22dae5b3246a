"""Forgeries: what is pasted is known pixel by pixel, whatever the picture's size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rumorscope.errors import InputError
from rumorscope.forensics.forging import Recipe, copy_move, splice, untouched
from rumorscope.forensics.shapes import draw_outline, rasterised

AS_IT_WAS = Recipe(scale=(1, 1), rotation_degrees=(0, 0), feather_pixels=(0, 0), jpeg_quality=None)
UNSAVED = Recipe(jpeg_quality=None)
SHAPES = ("rectangle", "ellipse", "polygon")


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture in which every pixel differs from its neighbours."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def ramp(width: int, height: int) -> Image.Image:
    """A picture that tells of each pixel where it was: its column in red, its row in green."""
    values = np.zeros((height, width, 3), dtype=np.uint8)
    values[..., 0], values[..., 1] = np.arange(width), np.arange(height)[:, None]
    return Image.fromarray(values)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_move_without_change_is_a_shift(seed: int) -> None:
    """Inside the mask every pixel stood elsewhere, all by the same distance; outside nothing moved."""
    forgery = copy_move(ramp(120, 90), generator(seed), AS_IT_WAS)
    pixels = np.asarray(forgery.picture).astype(int)
    rows, columns = np.nonzero(forgery.mask)
    came_from = np.stack([pixels[rows, columns, 0] - columns, pixels[rows, columns, 1] - rows], axis=1)
    (shift,) = np.unique(came_from, axis=0)
    assert tuple(shift) != (0, 0)
    assert (pixels[~forgery.mask] == np.asarray(ramp(120, 90))[~forgery.mask]).all()


@pytest.mark.parametrize("seed", range(6))
def test_a_splice_without_change_shows_a_piece_of_the_donor(seed: int) -> None:
    picture = Image.new("RGB", (80, 60), (7, 7, 255))
    forgery = splice(picture, ramp(200, 150), generator(seed), AS_IT_WAS)
    pixels = np.asarray(forgery.picture).astype(int)
    rows, columns = np.nonzero(forgery.mask)
    came_from = np.stack([pixels[rows, columns, 0] - columns, pixels[rows, columns, 1] - rows], axis=1)
    assert len(np.unique(came_from, axis=0)) == 1
    assert (pixels[~forgery.mask] == (7, 7, 255)).all()
    assert (pixels[forgery.mask][:, 2] == 0).all()


def test_half_the_size_is_half_the_size() -> None:
    recipe = Recipe(shapes=("rectangle",), area=(0.1, 0.1), scale=(0.5, 0.5), rotation_degrees=(0, 0),
                    feather_pixels=(0, 0), jpeg_quality=None)  # fmt: skip
    forgery = copy_move(ramp(200, 200), generator(3), recipe)
    rows, columns = np.nonzero(forgery.mask)
    inside = np.asarray(forgery.picture).astype(int)[
        rows.min() + 2 : rows.max() - 1, columns.min() + 2 : columns.max() - 1
    ]
    assert set(np.diff(inside[..., 0], axis=1).ravel().tolist()) == {2}
    assert set(np.diff(inside[..., 1], axis=0).ravel().tolist()) == {2}


def test_a_quarter_turn_to_the_left() -> None:
    recipe = AS_IT_WAS.model_copy(update={"rotation_degrees": (90, 90), "shapes": ("rectangle",)})
    forgery = copy_move(ramp(120, 120), generator(1), recipe)
    rows, columns = np.nonzero(forgery.mask)
    inside = np.asarray(forgery.picture).astype(int)[
        rows.min() + 2 : rows.max() - 1, columns.min() + 2 : columns.max() - 1
    ]
    assert set(np.diff(inside[..., 0], axis=0).ravel().tolist()) == {-1}  # what was to the right is up
    assert set(np.diff(inside[..., 1], axis=1).ravel().tolist()) == {1}  # what was below is to the right


def test_a_faded_edge_lies_between_the_two_pictures_and_within_the_mask() -> None:
    recipe = AS_IT_WAS.model_copy(update={"feather_pixels": (4, 4), "area": (0.2, 0.2)})
    black, white = Image.new("RGB", (100, 100)), Image.new("RGB", (100, 100), "white")
    for seed in range(6):
        faded = splice(black, white, generator(seed), recipe)
        sharp = splice(black, white, generator(seed), AS_IT_WAS.model_copy(update={"area": (0.2, 0.2)}))
        shades = np.asarray(faded.picture)[..., 0]
        assert (faded.mask == sharp.mask).all()
        assert ((shades > 0) == faded.mask).all()
        assert len(np.unique(shades)) > 20


@pytest.mark.parametrize("shape", SHAPES)
def test_the_area_is_within_its_bounds(shape: str) -> None:
    recipe = Recipe.parse({"shapes": [shape], "area": (0.05, 0.15)})
    shares = [copy_move(noise(200, 160), generator(seed), recipe).mask.mean() for seed in range(60)]
    assert 0.8 * 0.05 < min(shares) < 0.06
    assert 0.13 < max(shares) < 1.1 * 0.15


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_covers_the_share_that_it_states(shape: str) -> None:
    for seed in range(10):
        outline = draw_outline(shape, generator(seed))  # type: ignore[arg-type]
        drawn = np.asarray(rasterised(outline, (400, 300))) > 0
        assert drawn.mean() == pytest.approx(outline.share, abs=0.01)
    assert draw_outline("ellipse", generator()).share == pytest.approx(math.pi / 4)


def test_saving_as_jpeg_changes_the_picture_and_not_the_mask() -> None:
    saved, plain = (copy_move(noise(64, 64), generator(5), recipe) for recipe in (Recipe(), UNSAVED))
    assert (saved.mask == plain.mask).all()
    assert (np.asarray(saved.picture) != np.asarray(plain.picture)).any()
    gray = copy_move(Image.new("RGB", (64, 64), (128, 128, 128)), generator(5))
    assert np.abs(np.asarray(gray.picture).astype(int) - 128).max() <= 1


def test_an_untouched_picture_is_only_saved() -> None:
    picture = noise(40, 30)
    plain = untouched(picture, generator(), UNSAVED)
    assert plain.picture.tobytes() == picture.tobytes()
    assert (plain.mask.shape, plain.mask.any(), plain.kind) == ((30, 40), False, None)
    assert untouched(picture, generator()).picture.tobytes() != picture.tobytes()


@pytest.mark.parametrize("kind", ["copy_move", "splice"])
def test_equal_seeds_give_equal_forgeries(kind: str) -> None:
    def made(seed: int) -> tuple[bytes, bytes]:
        picture, donor, drawn = noise(60, 50), noise(50, 70, seed=1), generator(seed)
        forgery = copy_move(picture, drawn) if kind == "copy_move" else splice(picture, donor, drawn)
        assert forgery.kind == kind
        return forgery.picture.tobytes(), forgery.mask.tobytes()

    assert made(0) == made(0)
    assert len({made(seed) for seed in range(10)}) == 10


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40)) | st.sampled_from([(1, 2), (1, 90), (90, 1)])


@settings(max_examples=150, deadline=None)
@given(size=sizes, donor=sizes, seed=st.integers(0, 2**32 - 1), feather=st.sampled_from([0.0, 3.0]))
def test_a_picture_of_any_size_is_forged(
    size: tuple[int, int], donor: tuple[int, int], seed: int, feather: float
) -> None:
    recipe = Recipe(feather_pixels=(0, feather), scale=(0.1, 10), rotation_degrees=(-180, 180),
                    area=(0.001, 0.9), jpeg_quality=None)  # fmt: skip
    picture = noise(*size)
    forgery = splice(picture, noise(*donor, seed=1), generator(seed), recipe)
    assert forgery.picture.size == size
    assert forgery.mask.shape == size[::-1]
    assert forgery.mask.any()
    assert (np.asarray(forgery.picture) == np.asarray(picture))[~forgery.mask].all()


@settings(max_examples=100, deadline=None)
@given(size=sizes.filter(lambda size: size != (1, 1)), seed=st.integers(0, 2**32 - 1))
def test_a_copy_move_goes_elsewhere_whatever_the_size(size: tuple[int, int], seed: int) -> None:
    forgery = copy_move(ramp(*size), generator(seed), AS_IT_WAS.model_copy(update={"area": (0.001, 0.9)}))
    changed = (np.asarray(forgery.picture) != np.asarray(ramp(*size))).any(axis=2)
    assert changed.any()
    assert (changed == forgery.mask).all()


def test_a_single_pixel_has_no_elsewhere() -> None:
    with pytest.raises(InputError, match="no second place"):
        copy_move(noise(1, 1), generator())
    assert splice(noise(1, 1), noise(1, 1, seed=1), generator(), UNSAVED).mask.all()


def test_gray_and_transparent_pictures_are_taken_as_color() -> None:
    assert copy_move(noise(20, 20).convert("L"), generator()).picture.mode == "RGB"
    assert splice(noise(20, 20).convert("RGBA"), noise(9, 9).convert("P"), generator()).picture.mode == "RGB"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"area": (0.5, 0.1)}, "the least comes first"),
        ({"area": (0, 0.1)}, "area.0 = 0"),
        ({"scale": (0.5, 11)}, "scale.1 = 11"),
        ({"jpeg_quality": (0, 50)}, "jpeg_quality.0 = 0"),
        ({"shapes": ()}, "shapes = "),
        ({"shapes": ("star",)}, "shapes.0 = 'star'"),
        ({"rotation": (0, 1)}, "unknown key 'rotation'; did you mean"),
    ],
)
def test_an_impossible_recipe_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Recipe.parse(values)
