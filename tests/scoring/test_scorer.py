from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from rumorscope.errors import InputError
from rumorscope.post import Label, Post
from rumorscope.scoring.scorer import BadPost, Scorer, pick_device
from rumorscope.training.checkpoint import Calibration
from rumorscope.training.domain import Domain
from scoring.toy import ToyDetector, picture, text_posts, toy_scorer


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def test_known_probabilities() -> None:
    posts = [Post("a", "the sea"), Post("b", "cat"), Post("c", "[PAD]")]  # token ids 2 3, 7, 0
    probabilities = [verdict.rumor_probability for verdict in toy_scorer()(posts)]
    assert probabilities[:2] == pytest.approx([sigmoid(2.5 / 4), sigmoid(7 / 4)])


def test_pictures_count(tmp_path: Path) -> None:
    white, black = picture(tmp_path / "white.png"), picture(tmp_path / "black.png", (0, 0, 0))
    posts = [Post("a", "the", (white,)), Post("b", "the", (white, black)), Post("c", "", (white,))]
    probabilities = [verdict.rumor_probability for verdict in toy_scorer()(posts)]
    assert probabilities == pytest.approx([sigmoid(0.5 - 1), sigmoid(0.5 - 0.5), sigmoid(-1)])


def test_temperature_and_threshold_decide() -> None:
    scorer = toy_scorer(Calibration(temperature=2.0, threshold=0.7))
    verdicts = list(scorer([Post("a", "the"), Post("b", "sat sat")]))
    assert [v.rumor_probability for v in verdicts] == pytest.approx([sigmoid(0.25), sigmoid(1.0)])
    assert [v.label for v in verdicts] == [Label.NON_RUMOR, Label.RUMOR]


def test_a_verdict_names_its_maker() -> None:
    (verdict,) = toy_scorer()([Post("a", "the")])
    assert (verdict.post_id, verdict.detector, verdict.checkpoint) == ("a", "toy", "0123456789abcdef")
    assert verdict.evidence is None
    assert verdict.abstained is None


def test_warns_of_posts_unlike_the_training() -> None:
    scorer = toy_scorer()
    posts = [Post("a", "the"), Post("b", "sat")]
    assert [verdict.warning for verdict in scorer(posts)] == [None, None]
    answers = [verdict.rumor_probability for verdict in scorer(posts)]
    samples = [scorer.detector.preprocess.prepare(post) for post in posts]
    features = scorer.detector(scorer.detector.preprocess.collate(samples)).features
    scorer.domain = Domain(-features[1:].detach() / features[1:].norm(), 0.5, 100)  # opposite to the second
    warned = list(scorer(posts))
    assert warned[1].warning is not None
    assert "do not rely on the probability" in warned[1].warning
    assert [verdict.rumor_probability for verdict in warned] == answers


def test_abstains_near_the_threshold_only() -> None:
    scorer = toy_scorer(Calibration(threshold=0.6, uncertain=0.05))
    near, far = scorer([Post("near", "the"), Post("far", "sat")])  # 0.622 and 0.881
    assert near.abstained == (
        "the probability 0.62 lies between 0.55 and 0.65, where this detector was set to leave the decision "
        "to a person"
    )
    assert near.label is Label.RUMOR
    assert far.abstained is None


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
def test_order_and_answers_do_not_depend_on_the_batch(batch_size: int) -> None:
    posts = text_posts(23)
    alone = [next(iter(toy_scorer()([post]))) for post in posts]
    together = list(toy_scorer()(posts, batch_size=batch_size))
    assert [v.post_id for v in together] == [p.id for p in posts]
    assert [v.rumor_probability for v in together] == pytest.approx([v.rumor_probability for v in alone])


def test_bad_posts_are_errors_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(picture(tmp_path / "whole.png").read_bytes()[:40])
    posts = [
        Post("good", "the sea"),
        Post("missing", "the", (tmp_path / "nowhere.png",)),
        BadPost("line 3", "no JSON"),
        Post("cut", "the", (tmp_path / "cut.png",)),
        Post("long", "a" * 100_000),
        Post("empty", ""),
        Post("only a link", "https://example.org/x"),
        Post("eleven", "the", (tmp_path / "whole.png",) * 11),
        Post("last", "a cat"),
    ]
    verdicts = list(toy_scorer()(posts, batch_size=3))
    assert [v.post_id for v in verdicts] == [p.id for p in posts]
    assert [v.post_id for v in verdicts if v.error is None] == ["good", "last"]
    for verdict in verdicts:
        assert (verdict.rumor_probability is None) == (verdict.label is None) == (verdict.error is not None)
    (alone,) = toy_scorer()([posts[-1]])
    assert verdicts[-1].rumor_probability == pytest.approx(alone.rumor_probability)
    told = {verdict.post_id: verdict.error or "" for verdict in verdicts}
    assert "100000 characters" in told["long"]
    assert "neither text nor image" in told["empty"]
    assert "neither text nor image" in told["only a link"]
    assert "11 images" in told["eleven"]
    assert "nowhere.png" in told["missing"]
    assert told["line 3"] == "no JSON"


def test_an_unforeseen_failure_is_an_error_row(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = toy_scorer()
    prepare = type(scorer.detector.preprocess).prepare

    def odd(self: Any, post: Post) -> Any:
        if post.id == "odd":
            raise ZeroDivisionError("a broken chunk")
        return prepare(self, post)

    monkeypatch.setattr(type(scorer.detector.preprocess), "prepare", odd)
    odd_one, fine = scorer([Post("odd", "the"), Post("fine", "the")])
    assert odd_one.error == "post odd: cannot be read: ZeroDivisionError: a broken chunk"
    assert fine.error is None


def test_no_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = toy_scorer(Calibration(temperature=float("nan")))
    (verdict,) = scorer([Post("a", "the")], explain=True)
    assert verdict.error == "post a: the detector gave no number"
    assert verdict.rumor_probability is None
    assert verdict.evidence is None


def image_file(kind: str, path: Path) -> Path:
    color = Image.effect_mandelbrot((32, 24), (-2, -1, 1, 1), 20)
    frames = [Image.new("P", (32, 24), n) for n in (1, 2)]
    if kind == "animated":
        frames[0].save(path.with_suffix(".gif"), save_all=True, append_images=frames[1:])
        return path.with_suffix(".gif")
    if kind == "16-bit":
        Image.fromarray(np.full((24, 32), 40_000, np.uint16)).save(path.with_suffix(".png"))
        return path.with_suffix(".png")
    mode = {"CMYK": "CMYK", "palette": "P"}[kind]
    suffix = {"CMYK": ".jpg", "palette": ".png"}[kind]
    color.convert(mode).save(path.with_suffix(suffix))
    return path.with_suffix(suffix)


@pytest.mark.parametrize("kind", ["animated", "CMYK", "16-bit", "palette"])
def test_unusual_pictures_are_judged(kind: str, tmp_path: Path) -> None:
    (verdict,) = toy_scorer()([Post("a", "the", (image_file(kind, tmp_path / "picture"),))])
    assert verdict.error is None
    assert verdict.rumor_probability is not None


def test_ten_pictures_are_judged(tmp_path: Path) -> None:
    white = picture(tmp_path / "white.png")
    (verdict,) = toy_scorer()([Post("a", "the", (white,) * 10)])
    assert verdict.rumor_probability == pytest.approx(sigmoid(-0.5))


def test_reads_ahead_but_not_everything() -> None:
    taken = 0

    def posts() -> Any:
        nonlocal taken
        for post in itertools.cycle(text_posts(7)):
            taken += 1
            yield post

    verdicts = toy_scorer()(posts(), batch_size=4)
    next(verdicts)
    assert taken <= 4 + 2 * 4 + 1
    verdicts.close()


def test_explaining_measures_each_absence(tmp_path: Path) -> None:
    half = Image.new("RGB", (16, 16), (255, 255, 255))
    half.paste((0, 0, 0), (8, 0, 16, 16))
    half.save(tmp_path / "half.png")
    (verdict,) = toy_scorer()([Post("a", "cat", (tmp_path / "half.png",))], explain=True)
    assert verdict.rumor_probability == pytest.approx(sigmoid(7 / 4 - 0.5), abs=0.01)
    evidence = verdict.evidence
    assert evidence is not None
    assert evidence.contribution.without_images == pytest.approx(sigmoid(7 / 4))
    assert evidence.contribution.without_text == pytest.approx(sigmoid(-0.5), abs=0.01)
    assert evidence.regions[0].probability_without == pytest.approx(sigmoid(7 / 4 - 0.25), abs=0.02)


def test_low_level_probabilities_are_the_verdicts() -> None:
    scorer, posts = toy_scorer(), text_posts(9)
    samples = [scorer.detector.preprocess.prepare(post) for post in posts]
    verdicts = [verdict.rumor_probability for verdict in scorer(posts)]
    assert scorer.probabilities(samples, batch_size=4) == pytest.approx(verdicts)
    assert scorer.probabilities([]) == []


def test_the_detector_is_only_asked() -> None:
    detector = ToyDetector().train()
    scorer = Scorer(detector, Calibration(), name="toy", checkpoint="0")
    assert not detector.training
    recording = []
    detector.register_forward_hook(lambda *_: recording.append(torch.is_grad_enabled()))
    list(scorer(text_posts(2), explain=True))
    scorer.probabilities([detector.preprocess.prepare(post) for post in text_posts(2)])
    assert recording == [False, False]


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="'quantum' cannot be used"):
        pick_device("quantum")
    assert pick_device("cpu") == "cpu"


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        Scorer.load(tmp_path / "nowhere")
