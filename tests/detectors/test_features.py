"""Regressions on frozen towers: against scikit-learn on the towers' own features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from detectors.fitting import BLUE, RED, fitted, probabilities, sharks
from rumorscope.encoders.preprocess import read_picture
from rumorscope.errors import InputError
from rumorscope.post import Label, Post
from tiny import tiny_clip

SIZE = 64


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    clip = str(tiny_clip(tmp_path_factory.mktemp("clip")))
    image = {"model": clip, "image_size": SIZE, "receptive_fields": [32]}
    return {"text": {"model": clip, "max_tokens": 32}, "image": image}


def test_equals_scikit_learn_on_the_mean_of_the_pictures(towers: dict[str, Any]) -> None:
    train = [*sharks(9), Post("both", "", (RED, BLUE), Label.RUMOR), Post("none", "", (), Label.RUMOR)]
    detector = fitted("features", train, modality="image", **towers)
    with torch.no_grad():
        pixels = torch.stack([read_picture(source, SIZE).pixels for source in (RED, BLUE)])
        red, blue = detector.image(pixels).pooled.double().numpy()
    of = {(RED,): red, (BLUE,): blue, (RED, BLUE): (red + blue) / 2}
    seen = [post for post in train if post.images]
    pipeline = make_pipeline(Normalizer(), LogisticRegression(C=1, class_weight="balanced", max_iter=1000))
    pipeline.fit([of[post.images] for post in seen], [post.label for post in seen])
    expected = pipeline.predict_proba([of[post.images] for post in seen])[:, 1]
    answers = probabilities(detector, train)
    assert answers[:-1] == pytest.approx(expected, abs=1e-5)
    assert answers[-1] == pytest.approx(5 / 11, abs=1e-6)  # no picture: the share of rumors among all


def test_each_modality_reads_what_it_says(towers: dict[str, Any]) -> None:
    posts = sharks(24)
    others = [replace(post, images=(), text="calm park") for post in posts]
    changed = {
        "text": [replace(post, images=()) for post in posts],
        "image": [replace(p, text="park") for p in posts],
    }
    for modality, kept in changed.items():
        detector = fitted("features", posts, modality=modality, **towers)
        assert detector.reads == {modality}
        assert np.abs(probabilities(detector, kept) - probabilities(detector, posts)).max() < 1e-6
        assert np.abs(probabilities(detector, others) - probabilities(detector, posts)).max() > 0.01


def test_both_puts_unit_features_side_by_side(towers: dict[str, Any]) -> None:
    both = fitted("features", sharks(24), modality="both", **towers)
    with torch.no_grad():
        text, image = both(both.preprocess([*sharks(2), Post("none", "shark")])).features.chunk(2, dim=1)
    assert text.norm(dim=1).tolist() == pytest.approx([1, 1, 1], abs=1e-6)
    assert image.norm(dim=1).tolist() == pytest.approx([1, 1, 0], abs=1e-6)


def test_a_tower_that_is_not_read_is_not_loaded(towers: dict[str, Any]) -> None:
    nowhere = {"model": "/there/is/none"}
    assert fitted("features", sharks(9), modality="text", text=towers["text"], image=nowhere).image is None
    assert fitted("features", sharks(9), modality="image", image=towers["image"], text=nowhere).text is None


def test_text_features_open_no_picture(towers: dict[str, Any]) -> None:
    detector = fitted("features", sharks(9), modality="text", **towers)
    assert len(detector.preprocess([Post("1", "shark", (Path("there/is/none.jpg"),))]).pixels) == 0


def test_pictures_of_one_class_are_refused(towers: dict[str, Any]) -> None:
    posts = [replace(post, images=post.images if post.label else ()) for post in sharks(9)]
    with pytest.raises(InputError, match="training posts with pictures are all of one class"):
        fitted("features", posts, modality="image", **towers)
