"""The text regression is scikit-learn's pipeline, before and after it went through a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from detectors.fitting import RED, fitted, probabilities, sharks
from rumorscope.data.text import clean_text
from rumorscope.detectors._tfidf_regression import chinese_share
from rumorscope.detectors.tfidf import TfidfConfig
from rumorscope.errors import CheckpointError, InputError
from rumorscope.post import Label, Post
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.checkpoint import Calibration, load_checkpoint, save_checkpoint


@pytest.fixture(params=["english", "chinese"])
def english(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "english")


def test_equals_the_pipeline_of_scikit_learn(english: bool, tmp_path: Path) -> None:
    train, test = (
        sharks(30, english=english)[:21],
        [*sharks(30, english=english)[21:], Post("new", "Ein Hai 🦈")],
    )
    analyzer: dict[str, Any] = (
        {"ngram_range": (1, 2)} if english else {"analyzer": "char", "ngram_range": (1, 3)}
    )
    pipeline = make_pipeline(
        TfidfVectorizer(min_df=2, sublinear_tf=True, **analyzer),
        LogisticRegression(C=10, class_weight="balanced", max_iter=1000),
    ).fit([clean_text(post.text) for post in train], [post.label for post in train])
    expected = pipeline.predict_proba([clean_text(post.text) for post in test])[:, 1]

    detector = fitted("tfidf", train)
    assert np.abs(probabilities(detector, test) - expected).max() < 1e-6
    save_checkpoint(detector, tmp_path / "saved", name="tfidf", config=TfidfConfig(), details={})
    loaded = load_checkpoint(tmp_path / "saved").detector
    assert (probabilities(loaded, test) == probabilities(detector, test)).all()


def test_tells_the_classes_apart(english: bool) -> None:
    posts = sharks(30, english=english)
    answers = probabilities(fitted("tfidf", posts[:21]), posts[21:])
    assert ((answers > 0.5) == [post.label is Label.RUMOR for post in posts[21:]]).all()


def test_opens_no_picture() -> None:
    detector = fitted("tfidf", sharks(9))
    batch = detector.preprocess([Post("1", "shark", (Path("there/is/none.jpg"),))])
    assert batch.pixels.shape[0] == 0
    assert batch.posts[0].images  # the post itself is left as it is


def test_one_class_or_no_words_to_learn_from() -> None:
    with pytest.raises(InputError, match="all of one class"):
        fitted("tfidf", [post for post in sharks(9) if post.label is Label.RUMOR])
    for texts in ("", None):  # no words at all, and no word that two texts share
        posts = [Post(p.id, f"word{p.id}" if texts is None else texts, label=p.label) for p in sharks(9)]
        with pytest.raises(InputError, match="share no words"):
            fitted("tfidf", posts)


def test_the_share_of_chinese() -> None:
    assert chinese_share(["a鲨b鱼", "123 ?!"]) == 0.5
    assert chinese_share(["", "12"]) == 0


def _bytes(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8).clone()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("words.vocabulary", _bytes('["cut", "o'), "is no JSON"),
        ("words.vocabulary", _bytes("[" * 100_000), "is no JSON"),
        ("words.vocabulary", _bytes('{"no": 1}'), "no list of terms"),
        ("words.vocabulary", _bytes(json.dumps([["nested"]])), "no list of terms"),
        ("words.vocabulary", torch.zeros(0, dtype=torch.uint8), "is no JSON"),
        ("words.vocabulary", _bytes('["one", "one"]'), "2 terms, 1 of them different"),
        ("words.idf", torch.ones(1, dtype=torch.float64), "1 idf values"),
        ("words.idf", torch.ones(0, dtype=torch.float64), "0 idf values"),
        ("words.idf", torch.ones(2, 2, dtype=torch.float64), r"words.idf has shape \(2, 2\)"),
        ("words.weights", torch.ones(3, dtype=torch.float64), "3 weights"),
        ("words.bias", torch.ones(3, dtype=torch.float64), r"words.bias has shape \(3,\), not \(\)"),
        ("words.more", torch.ones(3), "words.more is unknown"),
    ],
)
def test_odd_weights_are_refused(tmp_path: Path, name: str, value: torch.Tensor, message: str) -> None:
    save_checkpoint(
        fitted("tfidf", sharks(9)), tmp_path / "saved", name="tfidf", config=TfidfConfig(), details={}
    )
    path = tmp_path / "saved" / "model.safetensors"
    save_file(load_file(path) | {name: value}, path)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path / "saved")


def test_a_post_that_is_a_picture_alone_is_judged_by_its_empty_text() -> None:
    scorer = Scorer(fitted("tfidf", sharks(9)), Calibration(), name="tfidf", checkpoint="0")
    judged, neither = scorer([Post("picture", "", (RED,)), Post("neither", "")], explain=True)
    assert judged.error is None
    assert judged.rumor_probability == pytest.approx(probabilities(scorer.detector, [Post("empty", "")])[0])
    assert "neither text nor image" in str(neither.error)
