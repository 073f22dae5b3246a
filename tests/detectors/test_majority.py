"""The training posts' share of rumors, for everyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.fitting import fitted, probabilities, sharks
from rumorscope.post import Label, Post


def test_answers_the_share_of_rumors() -> None:
    answers = probabilities(fitted("majority", sharks(9)), [Post("a", "shark"), Post("b", "")])
    assert answers == pytest.approx([1 / 3, 1 / 3], abs=1e-6)


def test_a_single_class_gives_a_finite_answer() -> None:
    rumors = [post for post in sharks(9) if post.label is Label.RUMOR]
    assert probabilities(fitted("majority", rumors), sharks(1)) == pytest.approx([1], abs=1e-6)


def test_opens_no_picture() -> None:
    detector = fitted("majority", sharks(9))
    assert detector.preprocess([Post("a", "", (Path("there/is/none.jpg"),))]).pixels.shape[0] == 0
