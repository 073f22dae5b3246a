from __future__ import annotations

import pytest
import torch

from rumorscope.encoders.preprocess import Batch
from rumorscope.training import frozen
from rumorscope.training.freezing import train_only
from rumorscope.training.frozen import remembered_pictures
from training.toy import Toy, toy, toy_posts


@pytest.fixture
def detector() -> Toy:
    detector = toy()
    train_only(detector, detector.judgment.parameters())
    return detector.eval()


@pytest.fixture
def batches(detector: Toy) -> list[Batch]:
    posts = toy_posts()
    return [detector.preprocess(posts[start : start + 5]) for start in (0, 5, 10, 3)]


def test_answers_are_the_same(detector: Toy, batches: list[Batch]) -> None:
    expected = [detector(batch).logits for batch in batches]
    with remembered_pictures(detector, pictures=6):
        found = [detector(batch).logits for batch in batches]
    torch.testing.assert_close(found, expected)


def test_each_picture_is_encoded_once(detector: Toy, batches: list[Batch]) -> None:
    with remembered_pictures(detector, pictures=6):
        for batch in batches:
            detector(batch)
        assert detector.image.encoded == 6
    detector(batches[0])
    assert detector.image.encoded == 6 + len(batches[0].pixels)  # the tower is its own self again


def test_features_do_not_depend_on_which_pictures_came_first(detector: Toy, batches: list[Batch]) -> None:
    with remembered_pictures(detector, pictures=6):
        forwards = [detector.image(batch.pixels).regions for batch in batches]
    with remembered_pictures(detector, pictures=6):
        backwards = [detector.image(batch.pixels).regions for batch in reversed(batches)][::-1]
    assert all(torch.equal(a, b) for a, b in zip(forwards, backwards, strict=True))


def test_half_precision_features_do_not_serve_at_full(detector: Toy, batches: list[Batch]) -> None:
    expected = detector.image(batches[0].pixels).regions
    with remembered_pictures(detector, pictures=6):
        with torch.autocast("cpu", torch.bfloat16):
            halves = detector.image(batches[0].pixels).regions
        found = detector.image(batches[0].pixels).regions
    torch.testing.assert_close(found, expected)
    assert not torch.equal(halves.float(), expected)


def test_no_picture_at_all(detector: Toy) -> None:
    with remembered_pictures(detector, pictures=6):
        assert detector.image(torch.zeros(0, 3, 16, 16, dtype=torch.uint8)).regions.shape == (0, 4, 8)


def test_a_learning_tower_is_left_alone(batches: list[Batch]) -> None:
    detector = toy()
    train_only(detector, detector.parameters())
    with remembered_pictures(detector, pictures=6):
        detector(batches[0])
        detector(batches[0])
    assert detector.image.encoded == 2 * len(batches[0].pixels)


def test_more_than_memory_holds_is_left_alone(
    detector: Toy, batches: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "FEATURE_BYTES", 6 * 5 * 8 * 4 - 1)
    with remembered_pictures(detector, pictures=6):
        detector(batches[0])
        detector(batches[0])
    assert detector.image.encoded == 2 * len(batches[0].pixels)
