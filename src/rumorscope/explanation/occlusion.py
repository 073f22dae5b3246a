"""What the verdict rests on, measured: the post is judged again without its text, its pictures, each region.

Shapes: **S** side of the towers' input in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor

from rumorscope.encoders.preprocess import Picture, Preprocess, Sample
from rumorscope.post import Contribution, Evidence, Region

Probabilities = Callable[[Sequence[Sample]], list[float]]
"""The rumor probability of each sample."""


def complete(
    evidence: Evidence, sample: Sample, probabilities: Probabilities, preprocess: Preprocess
) -> Evidence:
    """Fill `contribution` and every region's `probability_without` by judging altered copies of the sample.

    A modality counts as present only beside the other one: nothing is left of a post without its only one.
    """
    silent = without_text(sample, preprocess)
    both = bool(sample.pictures) and silent.token_ids != sample.token_ids
    altered = [silent, without_images(sample)] if both else []
    altered += [without_region(sample, region) for region in evidence.regions]
    if not altered:
        return evidence
    answers = probabilities(altered)
    contribution = Contribution(answers.pop(0), answers.pop(0)) if both else Contribution()
    regions = tuple(
        replace(region, probability_without=answer)
        for region, answer in zip(evidence.regions, answers, strict=True)
    )
    return replace(evidence, regions=regions, contribution=contribution)


def without_text(sample: Sample, preprocess: Preprocess) -> Sample:
    """The same pictures under an empty text."""
    silent = preprocess.prepare(replace(sample.post, text="", images=()))
    return replace(silent, post=replace(sample.post, text=""), pictures=sample.pictures)


def without_images(sample: Sample) -> Sample:
    """The same text with no picture."""
    return replace(sample, post=replace(sample.post, images=()), pictures=())


def without_region(sample: Sample, region: Region) -> Sample:
    """The same post with one region painted in its picture's mean color."""
    pictures = list(sample.pictures)
    pictures[region.image] = _painted(pictures[region.image], region.box_pixels)
    return replace(sample, pictures=tuple(pictures))


def _painted(picture: Picture, box_pixels: tuple[int, int, int, int]) -> Picture:
    left, top, right, bottom = _box_in_input(box_pixels, picture)
    pixels = picture.pixels.clone()
    pixels[:, top:bottom, left:right] = mean_color(pixels)
    # A key of its own: collating encodes pictures with equal keys only once.
    return replace(picture, pixels=pixels, key=f"{picture.key} without {left},{top},{right},{bottom}")


def _box_in_input(box_pixels: tuple[int, int, int, int], picture: Picture) -> tuple[int, int, int, int]:
    """The box in the towers' input, rounded outwards so that no border of the region stays."""
    side = picture.pixels.shape[-1]
    across, down = (side / length for length in picture.size)
    left, top, right, bottom = box_pixels
    return (
        math.floor(left * across + _HAIR),
        math.floor(top * down + _HAIR),
        math.ceil(right * across - _HAIR),
        math.ceil(bottom * down - _HAIR),
    )


def mean_color(pixels: Tensor) -> Tensor:
    """The color that stands for nothing: (3, S, S) → (3, 1, 1), of the picture's own type."""
    return pixels.float().mean(dim=(1, 2), keepdim=True).round().to(pixels.dtype)


_HAIR = 1e-6  # keeps a box that ends on a pixel border from taking one more pixel through rounding
