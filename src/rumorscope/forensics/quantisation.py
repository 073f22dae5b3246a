"""The table by which a JPEG rounded its brightness, and the quality that stands for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# ITU-T T.81, table K.1, row by row; libjpeg scales it by the quality.
_LUMINANCE = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
])  # fmt: skip


def usual_table(quality: int) -> NDArray[np.int64]:
    """(64,) the table of libjpeg for a quality from 1 to 100, row by row."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: NDArray[np.int64] = np.clip((_LUMINANCE * percent + 50) // 100, 1, 255)
    return table


def nearest_quality(table: Sequence[int]) -> int:
    """The quality from 1 to 100 whose usual table is nearest to 64 numbers.

    Cameras and Adobe's programs have tables of their own, which are near to usual ones at best.
    """
    distances = [np.abs(usual_table(quality) - np.asarray(table)).sum() for quality in range(1, 101)]
    return int(np.argmin(distances)) + 1
