"""Colors that people with any color vision tell apart, on paper and on photographs."""

from __future__ import annotations

from collections.abc import Sequence

Color = tuple[int, int, int]

# Okabe and Ito's set, without black and gray: one for each scale of regions.
SCALE_COLORS: tuple[Color, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (204, 121, 167),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
)

# Viridis at 0, 1/4, 1/2, 3/4 and 1 (CC0): even steps of lightness.
_VIRIDIS: tuple[Color, ...] = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))


def viridis(value: float) -> Color:
    """The color of a value from 0 to 1; values beyond take the nearest end."""
    position = min(max(value, 0.0), 1.0) * (len(_VIRIDIS) - 1)
    below = min(int(position), len(_VIRIDIS) - 2)
    share = position - below
    red, green, blue = (
        round(low + share * (high - low))
        for low, high in zip(_VIRIDIS[below], _VIRIDIS[below + 1], strict=True)
    )
    return red, green, blue


def stretched(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Values moved to 0 to 1; all 0.5 where they do not differ."""
    low, high = min(map(min, rows)), max(map(max, rows))
    if high == low:
        return [[0.5] * len(row) for row in rows]
    return [[(value - low) / (high - low) for value in row] for row in rows]


def hexadecimal(color: Color) -> str:
    """As style sheets and SVG write it: "#e69f00"."""
    return "#{:02x}{:02x}{:02x}".format(*color)
