"""The mean of two probabilities, each of which is another detector's."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.fitting import fitted, probabilities, sharks
from rumorscope.post import Post
from tiny import tiny_clip


@pytest.mark.parametrize("text_part", ["tfidf", "features"])
def test_is_the_mean_of_its_parts(text_part: str, tmp_path: Path) -> None:
    clip = str(tiny_clip(tmp_path))
    towers = {
        "text": {"model": clip, "max_tokens": 32},
        "image": {"model": clip, "image_size": 64, "receptive_fields": [32]},
    }
    train, posts = sharks(24), [*sharks(30)[24:], Post("no picture", "a shark"), Post("neither", "")]
    if text_part == "tfidf":
        text = fitted("tfidf", train)
        towers_of_fusion = {"image": towers["image"], "text": {"model": "/there/is/none"}}  # is not loaded
    else:
        text, towers_of_fusion = fitted("features", train, modality="text", **towers), towers
    image = fitted("features", train, modality="image", **towers)
    fusion = fitted("late_fusion", train, text_part=text_part, **towers_of_fusion)
    mean = (probabilities(text, posts) + probabilities(image, posts)) / 2
    assert probabilities(fusion, posts) == pytest.approx(mean, abs=1e-6)
