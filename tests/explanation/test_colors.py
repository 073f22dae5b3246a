from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.explanation.colors import hexadecimal, stretched, viridis


def test_anchors_and_midpoints() -> None:
    assert viridis(0.0) == (68, 1, 84)
    assert viridis(0.25) == (59, 82, 139)
    assert viridis(1.0) == (253, 231, 37)
    assert viridis(0.125) == (64, 42, 112)  # halfway between the first two, rounded to even
    assert (viridis(-3), viridis(7)) == (viridis(0), viridis(1))


@given(st.floats(0, 1), st.floats(0, 1))
def test_lighter_means_more(a: float, b: float) -> None:
    def lightness(value: float) -> float:
        red, green, blue = viridis(value)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((a, b))
    assert lightness(low) <= lightness(high) + 1.5  # rounding to whole bytes


def test_stretching() -> None:
    assert stretched([[2.0, 4.0], [3.0, 2.5]]) == [[0.0, 1.0], [0.5, 0.25]]
    assert stretched([[7.0], [7.0]]) == [[0.5], [0.5]]


@pytest.mark.parametrize(("color", "text"), [((0, 0, 0), "#000000"), ((230, 159, 0), "#e69f00")])
def test_hexadecimal(color: tuple[int, int, int], text: str) -> None:
    assert hexadecimal(color) == text
