"""Every post answered once, in order, whatever the batches; none left out unsaid."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertTokenizer

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Output, Stage
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.predictions import Predictions, predict
from rumorscope.post import Label, Post
from rumorscope.training.checkpoint import Calibration
from tiny import tiny_bert, tiny_picture, tiny_posts


class CountingDetector(Detector):
    """The logit is the number of a text's tokens less ten, plus the post's pictures; NaN where told so."""

    Config = Settings
    paper = "none"

    def __init__(self, config: Any, towers: Any) -> None:
        super().__init__(config, towers)
        self.preprocess = Preprocess(config, max_tokens=32, image_size=32)
        self.batches: list[int] = []
        self.broken = False

    def forward(self, batch: Batch) -> Output:
        self.batches.append(len(batch))
        pictures = (batch.image_index >= 0).sum(dim=1)
        logits = (batch.token_mask.sum(dim=1) - 10 + pictures).float()
        return Output(logits * math.nan if self.broken else logits, logits[:, None])

    def stages(self) -> Sequence[Stage]:
        return []


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BertTokenizer:
    return BertTokenizer.from_pretrained(tiny_bert(tmp_path_factory.mktemp("bert")))


@pytest.fixture
def detector(tokenizer: BertTokenizer) -> CountingDetector:
    return CountingDetector(tokenizer, None)


def _one_by_one(detector: Detector, posts: Sequence[Post], temperature: float) -> list[float]:
    logits = [detector(detector.preprocess([post])).logits.item() for post in posts]
    return [1 / (1 + math.exp(-logit / temperature)) for logit in logits]


@pytest.mark.parametrize("batch_size", [1, 3, 8, 100])
def test_answers_come_in_the_order_of_the_posts(
    detector: CountingDetector, tmp_path: Path, batch_size: int
) -> None:
    posts = tiny_posts(tmp_path)
    answers = predict(detector, Calibration(temperature=2.0), posts, batch_size=batch_size)
    assert answers == pytest.approx(_one_by_one(detector, posts, 2.0))
    assert len(set(answers.tolist())) > 3  # or any order would pass


def test_the_last_batch_is_answered_too(detector: CountingDetector) -> None:
    told: list[int] = []
    predict(detector, Calibration(), tiny_posts(), batch_size=3, advance=told.append)
    assert detector.batches == told == [3, 3, 2]


def test_a_picture_that_posts_share_is_read_once(
    detector: CountingDetector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rumorscope.evaluation.predictions as module

    read: list[Path] = []
    original = module.read_picture
    monkeypatch.setattr(
        module, "read_picture", lambda source, size: read.append(source) or original(source, size)
    )
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    for path, colour in ((one, "red"), (other, "blue")):
        path.write_bytes(tiny_picture(colour))
    posts = [Post(str(n), "text", ((one, other)[n % 2],)) for n in range(100)]
    predict(detector, Calibration(), posts, batch_size=4)
    assert sorted(read) == [one, other]


def test_posts_that_cannot_be_read_are_all_named(detector: CountingDetector, tmp_path: Path) -> None:
    posts = [replace(post, images=(tmp_path / "gone.png",)) if n in (1, 6) else post
             for n, post in enumerate(tiny_posts())]  # fmt: skip
    with pytest.raises(InputError, match="2 of 8 posts cannot be read") as caught:
        predict(detector, Calibration(), posts, batch_size=2)
    assert "1, 6 (the first: " in str(caught.value)
    assert "gone.png" in str(caught.value)


def test_a_detector_that_gives_no_number_is_broken(detector: CountingDetector) -> None:
    detector.broken = True
    with pytest.raises(CheckpointError, match="no number for 8 of 8 posts: 0, 1, 2"):
        predict(detector, Calibration(), tiny_posts())


def test_no_gradient_is_kept(detector: CountingDetector) -> None:
    assert isinstance(predict(detector, Calibration(), tiny_posts()), np.ndarray)
    assert torch.is_grad_enabled()


def test_posts_without_a_label_are_named() -> None:
    posts = [Post("a", "", label=Label.RUMOR), *(Post(f"x{n}", "") for n in range(12))]
    with pytest.raises(InputError, match=r"12 of 13 posts have no label.* x0, .*x9 and 2 more; label them"):
        Predictions.of(posts, np.zeros(13))
    with pytest.raises(InputError, match="no posts to evaluate on"):
        Predictions.of([], np.zeros(0))


def test_predictions_as_a_table(tmp_path: Path) -> None:
    posts = [Post("1", "", label=Label.RUMOR, event='a,"b"'), Post("002", "", label=Label.NON_RUMOR)]
    Predictions.of(posts, np.array([0.1 + 0.2, 1.0])).write_csv(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["id", "label", "probability", "event"],
        [
            "1",
            "rumor",
            "0.30000000000000004",
            'a,"b"',
        ],  # every digit, so that programs read what was measured
        ["002", "non_rumor", "1.0", ""],
    ]
