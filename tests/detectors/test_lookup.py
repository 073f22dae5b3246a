"""What the training posts with the same picture were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from detectors.fitting import BLUE, RED, fitted, probabilities, sharks
from rumorscope.detectors.lookup import Lookup, LookupConfig
from rumorscope.errors import CheckpointError, InputError
from rumorscope.post import Label, Post
from rumorscope.training.checkpoint import load_checkpoint, save_checkpoint
from tiny import tiny_picture


def test_knows_only_pictures_it_has_seen() -> None:
    lookup = fitted("lookup", sharks(9))
    posts = [
        Post("both", "", (RED, BLUE)),
        Post("red", "", (RED,)),
        Post("new", "", (tiny_picture("green"),)),
    ]
    both, red, new = probabilities(lookup, posts)
    assert both == pytest.approx(1 / 3, abs=1e-6)  # three rumors and six others show one of the two
    assert red == pytest.approx(1, abs=1e-6)
    assert new == pytest.approx(1 / 3, abs=1e-6)  # the share in training


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(0, 4), unique=True, max_size=3), st.booleans()), min_size=2))
def test_agrees_with_counting(rows: list[tuple[list[int], bool]]) -> None:
    """Pictures are bytes that no decoder would take: only their content counts."""
    posts = [
        Post(str(n), "", tuple(f"picture {each}".encode() for each in pictures), Label(rumor))
        for n, (pictures, rumor) in enumerate(rows)
    ]
    half = len(posts) // 2
    found = probabilities(fitted("lookup", posts[half:]), posts)
    assert found == pytest.approx(_counted(posts[half:], posts), abs=1e-6)


def _counted(train: Sequence[Post], posts: Sequence[Post]) -> list[float]:
    share = float(np.mean([post.label for post in train]))
    answers = []
    for post in posts:
        labels = [other.label for image in post.images for other in train if image in other.images]
        answers.append(float(np.mean(labels)) if labels else share)
    return answers


def test_a_picture_that_changes_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(RED)
    lookup = fitted("lookup", sharks(9))
    assert probabilities(lookup, [Post("1", "", (path,))]) == pytest.approx([1], abs=1e-6)
    path.write_bytes(BLUE + b" ")
    assert probabilities(lookup, [Post("1", "", (path,))]) == pytest.approx([1 / 3], abs=1e-6)


def test_a_picture_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"none\.jpg"):
        Lookup(LookupConfig()).preprocess([Post("1", "", (Path("none.jpg"),))])


@pytest.mark.parametrize(
    ("name", "value"),
    [("keys", [2, 1]), ("keys", [1, 1]), ("shown", [1]), ("rumors", [1, 2, 3]), ("keys", [])],
)
def test_odd_weights_are_refused(tmp_path: Path, name: str, value: list[int]) -> None:
    folder = tmp_path / "saved"
    save_checkpoint(fitted("lookup", sharks(9)), folder, name="lookup", config=LookupConfig(), details={})
    path = folder / "model.safetensors"
    assert len(load_checkpoint(folder).detector.state_dict()["keys"]) == 2
    save_file(load_file(path) | {name: torch.tensor(value, dtype=torch.int64)}, path)
    with pytest.raises(CheckpointError, match="the file is damaged"):
        load_checkpoint(folder)


def test_many_pictures_are_saved_and_loaded(tmp_path: Path) -> None:
    """Keys reach from one end of 64 bits to the other, so that differences of them would overflow."""
    posts = [Post(str(n), "", (str(n).encode(),), Label(n % 3 == 0)) for n in range(100)]
    lookup, folder = fitted("lookup", posts), tmp_path / "saved"
    save_checkpoint(lookup, folder, name="lookup", config=LookupConfig(), details={})
    answers = probabilities(load_checkpoint(folder).detector, posts)
    assert answers == pytest.approx([float(post.label or 0) for post in posts], abs=1e-6)
