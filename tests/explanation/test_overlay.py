from __future__ import annotations

from PIL import Image

from rumorscope.explanation.colors import SCALE_COLORS, viridis
from rumorscope.explanation.overlay import draw_regions, heat_map, scale_colors
from rumorscope.post import Region, RelevanceMap


def test_frames_stand_on_the_boxes_edge() -> None:
    image = Image.new("RGB", (200, 150), "white")
    drawn = draw_regions(image, [Region(0, (50, 30, 150, 130), 32, 0.5, 1.0)])
    color = SCALE_COLORS[0]
    for corner in ((50, 129), (149, 129), (149, 30), (50, 30)):
        assert drawn.getpixel(corner) == color, corner
    for outside in ((49, 129), (150, 129), (149, 130), (100, 125)):
        assert drawn.getpixel(outside) == (255, 255, 255), outside
    assert image.getcolors() == [(200 * 150, (255, 255, 255))]


def test_each_scale_has_its_color() -> None:
    assert scale_colors([64, 32, 64]) == {32: SCALE_COLORS[0], 64: SCALE_COLORS[1]}
    assert len(scale_colors(range(20))) == 20


def test_heat_lies_where_the_relevance_is() -> None:
    image = Image.new("RGB", (40, 20), "black")
    drawn = heat_map(image, RelevanceMap(0, 32, ((-1.0, 3.0),)))
    expected = [tuple(int(0.55 * part) for part in viridis(value)) for value in (0.0, 1.0)]
    for point, color in (((10, 10), expected[0]), ((30, 10), expected[1])):
        assert all(abs(a - b) <= 1 for a, b in zip(drawn.getpixel(point), color, strict=True))
    assert drawn.size == (40, 20)
