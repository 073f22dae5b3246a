"""A stage that is fitted to all posts at once, in the loop and in a run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from rumorscope.detectors import Fit
from rumorscope.detectors.tfidf import Tfidf, TfidfConfig
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import CheckpointError, InputError
from rumorscope.training.checkpoint import load_checkpoint
from rumorscope.training.config import RunConfig, TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material
from rumorscope.training.run import train_run
from training.toy import Toy, ToyConfig, toy_posts, write_manifest

POSTS = toy_posts()


class Watched(Toy):
    """Keeps what it is fitted with; a second stage then learns by gradients."""

    def __init__(self, *, then_learns: bool = False) -> None:
        torch.manual_seed(0)
        super().__init__(ToyConfig(pretraining=False, epochs=1))
        self.register_buffer("fits", torch.zeros(()))
        self.seen: list[Batch] = []
        self.then_learns = then_learns

    def fit(self, batches: Iterable[Batch]) -> None:
        assert not self.training
        assert not any(parameter.requires_grad for parameter in self.parameters())
        for batch in batches:
            self.seen.append(batch)
            self.text(batch.token_ids, batch.token_mask)
            assert not torch.is_grad_enabled()
        self.fits += 1

    def stages(self) -> list[Any]:
        fit = Fit("fit", self.fit, batch_size=5)
        return [fit, *super().stages()] if self.then_learns else [fit]


def run(folder: Path, detector: Any, material: Material, **config: Any) -> list[dict[str, Any]]:
    return Trainer(detector, material, TrainingConfig(**config), folder).run().rows


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(tmp_path / "cache"))


def test_gets_every_training_post_once_in_order(tmp_path: Path) -> None:
    detector = Watched()
    (row,) = run(tmp_path, detector, Material(POSTS[:12], POSTS[12:]))
    assert [len(batch) for batch in detector.seen] == [5, 5, 2]
    assert [post.id for batch in detector.seen for post in batch.posts] == [post.id for post in POSTS[:12]]
    assert (row["stage"], row["epoch"], row["posts"], row["train"], row["best"]) == ("fit", 1, 12, {}, False)
    assert row["learning_rates"] == []
    assert row["validation"].keys() == {"binary_cross_entropy", "total", "auc", "accuracy"}


def test_needs_no_validation_posts_and_selects_none(tmp_path: Path) -> None:
    (row,) = run(tmp_path, Watched(), Material(POSTS[:12]), select_by="auc", class_balance="oversample")
    assert row["validation"] == {}


def test_frozen_towers_encode_a_text_once(tmp_path: Path) -> None:
    detector = Watched()
    run(tmp_path, detector, Material(POSTS))
    assert detector.text.encoded == len({post.text for post in POSTS})


def test_what_it_learnt_is_saved_and_not_fitted_again(tmp_path: Path) -> None:
    first = Watched(then_learns=True)
    rows = run(tmp_path, first, Material(POSTS[:12], POSTS[12:]))
    assert [row["stage"] for row in rows] == ["fit", "end_to_end"]
    again = Watched(then_learns=True)
    run(tmp_path, again, Material(POSTS[:12], POSTS[12:]))
    assert (again.seen, again.fits) == ([], 1)


class KilledError(Exception):
    pass


class Killed(Watched):
    def fit(self, batches: Iterable[Batch]) -> None:
        super().fit(batches)
        raise KilledError


def test_a_fit_that_was_killed_is_done_again(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        run(tmp_path, Killed(), Material(POSTS[:12]))
    detector = Watched()
    assert len(run(tmp_path, detector, Material(POSTS[:12]))) == 1
    assert (len(detector.seen), detector.fits) == (3, 1)


@pytest.mark.parametrize("change", [{"epochs": 2}, {"learning_rate_scale": 0.5}, {"warmup_steps": 3}])
def test_what_has_no_meaning_for_a_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"training\.stages\.fit.*without epochs or rates"):
        run(tmp_path, Watched(), Material(POSTS), stages={"fit": change})


def test_its_batches_can_be_larger_and_it_can_be_left_out(tmp_path: Path) -> None:
    detector = Watched()
    run(tmp_path / "a", detector, Material(POSTS), stages={"fit": {"batch_size": 18}})
    assert [len(batch) for batch in detector.seen] == [18]
    without = Watched(then_learns=True)
    run(tmp_path / "b", without, Material(POSTS[:12], POSTS[12:]), stages={"fit": {"epochs": 0}})
    assert without.fits == 0


def test_posts_without_a_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stage 'fit' cannot use posts without a label"):
        run(tmp_path, Watched(), Material([replace(POSTS[0], label=None), *POSTS[1:]]))


def test_learnt_shapes_go_on_where_a_run_stood(tmp_path: Path) -> None:
    first, again = Tfidf(TfidfConfig()), Tfidf(TfidfConfig())
    for detector in (first, again):
        run(tmp_path, detector, Material(POSTS))
    assert len(again.words.idf) > 0
    assert again.words.log_odds(["fake shark"]) == first.words.log_odds(["fake shark"])


def test_a_whole_run_ends_in_a_calibrated_checkpoint(tmp_path: Path) -> None:
    """Validation posts of random labels: the temperature says that the answers deserve little trust."""
    shuffled = [replace(post, label=POSTS[index // 2].label) for index, post in enumerate(POSTS)]
    data = write_manifest(
        tmp_path / "data",
        [*POSTS, *(replace(p, id=f"v{p.id}") for p in shuffled)],
        ["train"] * 18 + ["validation"] * 18,
    )
    config = RunConfig.parse({"detector": {"name": "tfidf"}, "data": {"folders": [data]}})
    summary = train_run(config, tmp_path / "run")
    assert summary.details["selected"]["stage"] == "fit"
    assert summary.details["posts"] == {"train": 18, "validation": 18}
    assert summary.calibration.temperature > 2
    assert load_checkpoint(summary.checkpoint).details["validation"]["accuracy"] < 0.9
    rows = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["fit"]
    assert train_run(config, tmp_path / "run").was_finished


def test_weights_of_another_size_are_still_refused(tmp_path: Path) -> None:
    """Only what a fit learns may differ in size."""
    data = write_manifest(tmp_path / "data", POSTS, ["train"] * 18)
    train_run(
        RunConfig.parse({"detector": {"name": "lookup"}, "data": {"folders": [data]}}), tmp_path / "run"
    )
    record = tmp_path / "run" / "checkpoint" / "checkpoint.json"
    record.write_text(record.read_text().replace('"lookup"', '"majority"'))
    with pytest.raises(CheckpointError, match="keys is unknown; rumors is unknown; shown is unknown"):
        load_checkpoint(tmp_path / "run" / "checkpoint")
