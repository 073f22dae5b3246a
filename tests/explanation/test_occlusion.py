from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from rumorscope.encoders.preprocess import Picture, Sample
from rumorscope.explanation.occlusion import complete, without_images, without_region, without_text
from rumorscope.post import Contribution, Evidence, Post, Region
from scoring.toy import SIDE, toy_preprocess


def half_and_half(size: tuple[int, int] = (16, 16)) -> bytes:
    """White on the left, black on the right."""
    image = Image.new("RGB", size, "white")
    image.paste("black", (size[0] // 2, 0, *size))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def region(box: tuple[int, int, int, int], image: int = 0) -> Region:
    return Region(image, box, 4, 0.5, 0.5)


def brightness_of(samples: Sequence[Sample]) -> list[float]:
    """A judge by brightness: the mean of all pictures, and 0.1 for each token."""
    return [
        sum(float(picture.pixels.float().mean()) / 255 for picture in sample.pictures)
        + 0.1 * len(sample.token_ids)
        for sample in samples
    ]


def test_each_absence_is_judged() -> None:
    preprocess = toy_preprocess()
    sample = preprocess.prepare(Post("a", "the sea rose", (half_and_half(),)))
    evidence = Evidence((region((0, 0, 8, 16)), region((8, 0, 16, 16))))
    found = complete(evidence, sample, brightness_of, preprocess)
    mean = float(sample.pictures[0].pixels.float().mean()) / 255
    assert found.contribution.without_images == pytest.approx(0.3)
    assert found.contribution.without_text == pytest.approx(mean)
    left, right = found.regions
    assert left.probability_without == pytest.approx(mean / 2 + 0.3, abs=0.06)  # half of it becomes the mean
    assert right.probability_without == pytest.approx((1 + mean) / 2 + 0.3, abs=0.06)
    assert (left.box_pixels, left.weight) == (evidence.regions[0].box_pixels, 0.5)


def test_one_call_judges_all() -> None:
    preprocess = toy_preprocess()
    sample = preprocess.prepare(Post("a", "the sea", (half_and_half(),)))
    calls: list[int] = []

    def count(samples: Sequence[Sample]) -> list[float]:
        calls.append(len(samples))
        return [0.0] * len(samples)

    complete(Evidence((region((0, 0, 8, 8)),)), sample, count, preprocess)
    complete(Evidence(), preprocess.prepare(Post("b", "the sea")), count, preprocess)
    assert calls == [3]


def test_a_post_with_one_modality_has_no_contribution() -> None:
    preprocess = toy_preprocess()
    for post in (
        Post("a", "the sea"),
        Post("b", "", (half_and_half(),)),
        Post("c", "https://t.co/x", (half_and_half(),)),
    ):
        evidence = complete(Evidence(), preprocess.prepare(post), brightness_of, preprocess)
        assert evidence.contribution == Contribution()


def test_painting_covers_the_region_and_nothing_else() -> None:
    sample = toy_preprocess().prepare(Post("a", "the", (half_and_half(),)))
    before, after = sample.pictures[0].pixels, without_region(sample, region((0, 0, 8, 8))).pictures[0].pixels
    mean = before.float().mean(dim=(1, 2)).round().to(torch.uint8)
    assert torch.equal(after[:, :4, :4], mean[:, None, None].expand(3, 4, 4))
    kept = torch.ones(SIDE, SIDE, dtype=torch.bool)
    kept[:4, :4] = False
    assert torch.equal(after[:, kept], before[:, kept])
    assert sample.pictures[0].pixels is before
    assert not torch.equal(before, after)


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        ((0, 0, 100, 50), (100, 50), (0, 0, 8, 8)),
        ((25, 0, 50, 25), (100, 50), (2, 0, 4, 4)),
        ((30, 10, 40, 20), (100, 50), (2, 1, 4, 4)),  # 2.4 to 3.2 and 1.6 to 3.2, outwards
        ((0, 0, 333, 333), (999, 999), (0, 0, 3, 3)),  # 2.67
    ],
)
def test_boxes_are_rounded_outwards(
    box: tuple[int, int, int, int], size: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    checks = torch.arange(SIDE * SIDE).reshape(1, SIDE, SIDE).expand(3, -1, -1).to(torch.uint8)
    sample = Sample(Post("a", ""), (), (Picture("key", checks.clone(), size),))
    painted = without_region(sample, region(box)).pictures[0].pixels
    left, top, right, bottom = expected
    mean = checks.float().mean().round()
    area = painted[0, top:bottom, left:right]
    assert (area == mean).all()
    assert (painted[0] == mean).sum() <= area.numel() + 1  # the mean may stand elsewhere once by itself


def test_collating_keeps_a_painted_picture_apart() -> None:
    preprocess = toy_preprocess()
    sample = preprocess.prepare(Post("a", "the", (half_and_half(), half_and_half())))
    painted = without_region(sample, region((0, 0, 8, 8), image=1))
    other = without_region(sample, region((8, 8, 16, 16), image=1))
    assert painted.pictures[0] is sample.pictures[0]
    batch = preprocess.collate([sample, painted, other])
    assert batch.image_index.tolist() == [[0, 0], [0, 1], [0, 2]]


def test_what_is_taken_away_is_gone() -> None:
    preprocess = toy_preprocess()
    sample = preprocess.prepare(Post("a", "the sea", (half_and_half(),)))
    silent, blind = without_text(sample, preprocess), without_images(sample)
    assert (silent.token_ids, silent.post.text, silent.pictures) == ((), "", sample.pictures)
    assert (blind.pictures, blind.post.images, blind.token_ids) == ((), (), sample.token_ids)
