from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rumorscope.data.caching import cache_folder
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.training import frozen, loading
from rumorscope.training.freezing import train_only
from rumorscope.training.frozen import Tell, known_features, remembered_features
from rumorscope.training.loading import Loader
from rumorscope.training.objective import Precision
from training.toy import Toy, ToyImage, toy, toy_posts

POSTS = toy_posts()


def remembering(
    detector: Toy | TwoEyes,
    posts: Sequence[Post] = POSTS,
    precision: Precision = "no",
    tell: Tell = lambda tower, done, total: None,
) -> AbstractContextManager[Loader]:
    return remembered_features(detector, posts, Loader(detector.preprocess, workers=0), precision, tell)


@pytest.fixture
def detector() -> Toy:
    detector = toy()
    train_only(detector, detector.judgment.parameters())
    return detector.eval()


BATCHES = [list(range(start, start + 5)) for start in (0, 5, 10, 3)]


@pytest.fixture
def batches(detector: Toy) -> list[Batch]:
    return [detector.preprocess([POSTS[index] for index in batch]) for batch in BATCHES]


def test_answers_are_the_same(detector: Toy, batches: list[Batch]) -> None:
    expected = [detector(batch).logits for batch in batches]
    with remembering(detector) as loader:
        seen = [detector(batch).logits for batch in batches]
        numbered = [detector(batch).logits for batch in loader.batches(POSTS, BATCHES)]
    torch.testing.assert_close(seen, expected)
    torch.testing.assert_close(numbered, expected)


def test_another_way_of_reading_finds_what_is_known(
    detector: Toy, batches: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [detector(batch).logits for batch in batches]
    with known_features(detector, POSTS, Loader(detector.preprocess, workers=0)):
        torch.testing.assert_close([detector(batch).logits for batch in batches], expected)
    monkeypatch.setattr(type(detector.image), "forward", None)  # nothing is left to compute
    with known_features(detector, POSTS, Loader(detector.preprocess, workers=0)):
        torch.testing.assert_close([detector(batch).logits for batch in batches], expected)


def test_each_picture_is_encoded_once(detector: Toy, batches: list[Batch]) -> None:
    with remembering(detector) as loader:
        for batch in loader.batches(POSTS, BATCHES):
            detector(batch)
        assert detector.image.encoded == 6
    detector(batches[0])
    assert detector.image.encoded == 6 + len(batches[0].pixels)  # the tower is its own self again


def test_each_text_is_encoded_once(detector: Toy) -> None:
    """Whatever it is padded to."""
    texts = ("fake shark storm", "calm park", "fake shark storm", "calm", "")
    posts = [Post(str(number), text) for number, text in enumerate(texts)]
    expected = [detector(detector.preprocess([post])).logits for post in posts]
    with remembering(detector, posts):
        for order in (posts, posts[:2], posts[1:], posts[3:]):
            found = detector(detector.preprocess(order)).logits
            torch.testing.assert_close(found, torch.cat([expected[int(post.id)] for post in order]))
        assert detector.text.encoded == len(texts) + 4  # one by one above, and then each of four once


def test_masked_tokens_are_not_read(detector: Toy) -> None:
    ids = torch.tensor([[2, 3, 5], [2, 3, 7], [4, 2, 3]])
    mask = torch.tensor([[True, True, False], [True, True, False], [False, True, True]])
    expected = detector.text(ids, mask)
    with remembering(detector, []):
        found = detector.text(ids, mask)
        assert detector.text.encoded == 3 + 2  # the first two are the same text
    torch.testing.assert_close(found.pooled, expected.pooled)
    torch.testing.assert_close(found.tokens[mask], expected.tokens[mask])


def test_features_do_not_depend_on_which_batches_came_first(detector: Toy) -> None:
    with remembering(detector) as loader:
        forwards = [detector(batch).features for batch in loader.batches(POSTS, BATCHES)]
    with remembering(detector) as loader:
        backwards = [detector(batch).features for batch in loader.batches(POSTS, BATCHES[::-1])][::-1]
    assert all(torch.equal(a, b) for a, b in zip(forwards, backwards, strict=True))


def test_half_precision_features(detector: Toy, batches: list[Batch]) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        expected = detector.image(batches[0].pixels).regions
    with remembering(detector, precision="bf16") as loader:
        (numbered,) = loader.batches(POSTS, BATCHES[:1])
        found = detector.image(numbered.pixels).regions
    torch.testing.assert_close(found, expected)
    assert not torch.equal(found, detector.image(batches[0].pixels).regions)


def test_tells_how_far_it_is(detector: Toy) -> None:
    told = []
    with remembering(detector, tell=lambda *news: told.append(news)):
        pass
    assert told == [("text", 4, 4), ("image", 6, 6)]


def test_a_picture_that_cannot_be_read_names_its_post(detector: Toy, tmp_path: Path) -> None:
    bad = Post("bad-7", "", (tmp_path / "missing.jpg",))
    with pytest.raises(InputError, match=r"missing\.jpg.*post bad-7"):
        remembering(detector, [*POSTS, bad]).__enter__()


def test_no_picture_and_no_post_at_all(detector: Toy) -> None:
    with remembering(detector):
        empty = torch.zeros(0, 4, dtype=torch.int64)
        assert detector.text(empty, empty.bool()).tokens.shape == (0, 4, 8)
        assert detector.image(torch.zeros(0, 3, 16, 16, dtype=torch.uint8)).regions.shape == (0, 4, 8)


def test_a_learning_tower_is_left_alone(batches: list[Batch]) -> None:
    detector = toy()
    train_only(detector, detector.parameters())
    with remembering(detector):
        detector(batches[0])
        detector(batches[0])
    assert detector.image.encoded == 2 * len(batches[0].pixels)


@pytest.mark.parametrize(("spare", "encoded"), [(0, 6), (-1, 10)])
def test_more_than_the_disk_should_hold_is_left_alone(
    detector: Toy, monkeypatch: pytest.MonkeyPatch, spare: int, encoded: int
) -> None:
    """Six pictures of four regions and a pooled feature, eight wide, of four bytes."""
    monkeypatch.setattr(frozen, "FEATURE_BYTES", 6 * 5 * 8 * 4 + spare)
    with remembering(detector) as loader:
        for batch in loader.batches(POSTS, [BATCHES[0]] * 2):
            assert len(batch.pixels) == 5
            detector(batch)
    assert detector.image.encoded == encoded


class TwoEyes(nn.Module):
    """A frozen image tower beside one that learns."""

    def __init__(self) -> None:
        super().__init__()
        self.preprocess = toy().preprocess
        self.frozen, self.learning = ToyImage().eval().requires_grad_(False), ToyImage()

    def forward(self, batch: Batch) -> Tensor:
        return self.frozen(batch.pixels).pooled + self.learning(batch.pixels).pooled


def test_a_frozen_tower_beside_one_that_learns_is_encoded_once() -> None:
    eyes = TwoEyes().eval()
    expected = [eyes(eyes.preprocess([POSTS[index] for index in batch])) for batch in BATCHES]
    eyes.frozen.encoded = 0
    for encoded in (6, 0):  # computed, and out of the cache
        eyes.frozen.encoded = 0
        with remembering(eyes) as loader:
            found = [eyes(batch) for batch in loader.batches(POSTS, BATCHES)]
        assert eyes.frozen.encoded == encoded
        torch.testing.assert_close(found, expected)


def test_no_picture_is_read_twice_for_frozen_towers(detector: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    with remembering(detector):
        pass
    monkeypatch.setattr(loading, "read_picture", lambda source, size: pytest.fail("read a picture"))
    with remembering(detector) as loader:  # nor by another run
        numbered = [detector(batch).logits for batch in loader.batches(POSTS, BATCHES)]
    assert all(logits.isfinite().all() for logits in numbered)


def test_features_out_of_the_cache_are_those_computed(detector: Toy) -> None:
    answers = []
    for posts in (POSTS, POSTS[::-1], POSTS):  # computed, cached, and cached in part
        with remembering(detector, posts) as loader:
            answers.append([detector(batch).features for batch in loader.batches(POSTS, BATCHES)])
        for file in list(cache_folder().rglob("*.safetensors"))[: len(answers) - 1]:
            file.unlink()
    assert all(torch.equal(a, b) for other in answers[1:] for a, b in zip(answers[0], other, strict=True))


def test_texts_that_memory_does_not_hold(detector: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [Post("0", "calm park"), Post("1", "calm park"), Post("2", "fake flood bridge")]
    for spare, encoded in ((0, 2), (-1, 6)):
        detector.text.encoded = 0
        monkeypatch.setattr(frozen, "FEATURE_BYTES", (3 + 4) * 8 * 4 + spare)
        with remembering(detector, posts):
            for _ in range(2):
                detector(detector.preprocess(posts))
        assert detector.text.encoded == encoded
