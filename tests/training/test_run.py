from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from rumorscope.errors import InputError
from rumorscope.training import domain as domain_module
from rumorscope.training import run as run_module
from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint
from rumorscope.training.config import RunConfig
from rumorscope.training.run import Summary, train_run, validation_posts
from rumorscope.training.validation import validate
from training.toy import toy_captions, toy_posts, write_manifest

SPLITS = ["train"] * 9 + ["validation"] * 5 + ["test"] * 4


@pytest.fixture
def config(tmp_path: Path, toy_detector: Path) -> RunConfig:
    posts = write_manifest(tmp_path / "posts", toy_posts(), SPLITS)
    captions = write_manifest(tmp_path / "captions", toy_captions(), ["train"] * 10)
    return RunConfig.parse(
        {
            "detector": {"name": "toy", "dropout": 0.1},
            "data": {"folders": [posts], "captions": [captions]},
            "training": {"seed": 3, "threshold": 0.4, "uncertain": 0.05},
        }
    )


def changed(config: RunConfig, **training: Any) -> RunConfig:
    return config.model_copy(update={"training": config.training.model_copy(update=training)})


@pytest.fixture
def summary(config: RunConfig, tmp_path: Path) -> Summary:
    return train_run(config, tmp_path / "run")


def test_folder_holds_what_is_needed_to_trust_it(config: RunConfig, summary: Summary, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert sorted(path.name for path in run.iterdir()) == ["checkpoint", "config.json", "history.jsonl"]
    record = json.loads((run / "config.json").read_text())
    assert record["detector"]["image_learning_rate"] == 0.01  # a default, written out
    assert set(record["fingerprints"]) == {str(tmp_path / "posts"), str(tmp_path / "captions")}
    details = load_checkpoint(resolve_checkpoint(run)).details
    assert details == summary.details
    assert details["data"] == record["fingerprints"]
    assert details["seed"] == 3
    assert details["posts"] == {"train": 9, "validation": 5}
    assert details["versions"]["torch"] == torch.__version__
    assert details["selected"]["stage"] == "end_to_end"


def test_a_domain_is_kept_where_the_posts_are_enough(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_checkpoint(train_run(config, tmp_path / "few").checkpoint).domain is None
    for module in (run_module, domain_module):
        monkeypatch.setattr(module, "FEWEST", 5)
    assert (
        load_checkpoint(train_run(changed(config, domain="none"), tmp_path / "none").checkpoint).domain
        is None
    )
    loaded = load_checkpoint(train_run(config, tmp_path / "enough").checkpoint)
    assert loaded.domain is not None
    assert (len(loaded.domain.reference), loaded.domain.held_out) == (9, 5)
    preprocess = loaded.detector.preprocess
    batch = preprocess.collate([preprocess.prepare(post) for post in toy_posts()[:14]])
    with torch.no_grad():
        features = loaded.detector(batch).features
    own = torch.nn.functional.normalize(features[:9], dim=1)
    torch.testing.assert_close(loaded.domain.reference, own, atol=1e-3, rtol=0)
    assert loaded.domain.distance(features[9:]).max() == pytest.approx(loaded.domain.farthest, abs=1e-5)


def test_isotonic_calibration_and_none(config: RunConfig, tmp_path: Path) -> None:
    curve = train_run(changed(config, calibration="isotonic"), tmp_path / "isotonic").calibration
    plain = train_run(changed(config, calibration="none"), tmp_path / "none").calibration
    assert curve.isotonic is not None
    assert (plain.temperature, plain.isotonic) == (1.0, None)
    assert curve.threshold == plain.threshold == 0.4


def test_finds_its_validation_posts_again(config: RunConfig, summary: Summary, tmp_path: Path) -> None:
    assert [post.id for post in validation_posts(tmp_path / "run")] == [post.id for post in toy_posts()[9:14]]
    manifest = tmp_path / "posts" / "metadata.jsonl"
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match="have changed since"):
        validation_posts(tmp_path / "run")
    with pytest.raises(InputError, match="no run"):
        validation_posts(tmp_path)


def test_checkpoint_is_the_best_epoch_and_calibrated(config: RunConfig, summary: Summary) -> None:
    loaded = load_checkpoint(summary.checkpoint)
    posts = toy_posts()[9:14]
    with torch.no_grad():
        logits = loaded.detector(loaded.detector.preprocess(posts)).logits
    labels = torch.tensor([float(post.label or 0) for post in posts])
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels).item()
    assert summary.details["selected"]["validation"]["binary_cross_entropy"] == pytest.approx(loss, abs=1e-6)
    assert summary.details["validation"]["binary_cross_entropy"] == pytest.approx(loss, abs=1e-6)
    assert loaded.calibration == summary.calibration
    assert (loaded.calibration.threshold, loaded.calibration.uncertain) == (0.4, 0.05)
    slope = (logits * (torch.sigmoid(logits / loaded.calibration.temperature) - labels)).mean()
    limits = loaded.calibration.temperature in (pytest.approx(0.05), pytest.approx(20))
    assert limits or slope.abs() < 1e-4  # the loss is flat at the fitted temperature


def test_once_finished_it_is_only_shown(config: RunConfig, summary: Summary, tmp_path: Path) -> None:
    weights = (summary.checkpoint / "model.safetensors").stat().st_mtime_ns
    again = train_run(config, tmp_path / "run")
    assert again.was_finished
    assert not summary.was_finished
    assert again.details == summary.details
    assert (summary.checkpoint / "model.safetensors").stat().st_mtime_ns == weights


def test_goes_on_where_it_was_broken_off(
    config: RunConfig, summary: Summary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off between the last epoch and the checkpoint; workers and saving may change meanwhile."""
    with monkeypatch.context() as patch:
        patch.setattr("rumorscope.training.run.save_checkpoint", _fails)
        with pytest.raises(OSError, match="disk full"):
            train_run(config, tmp_path / "broken")
    with pytest.raises(InputError, match="has not finished"):
        resolve_checkpoint(tmp_path / "broken")
    resumed = train_run(changed(config, save_seconds=0.0, workers=1), tmp_path / "broken")
    assert load_checkpoint(resumed.checkpoint).hash == load_checkpoint(summary.checkpoint).hash


def _fails(*_: object, **__: object) -> None:
    raise OSError("disk full")


def test_another_configuration_is_refused_with_its_differences(
    config: RunConfig, summary: Summary, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"training.patience: 3 → 5; training.seed: 3 → 4"):
        train_run(changed(config, seed=4, patience=5), tmp_path / "run")
    other = config.model_copy(update={"detector": {"name": "toy", "dropout": 0.2}})
    with pytest.raises(InputError, match=r"detector.dropout: 0.1 → 0.2"):
        train_run(other, tmp_path / "run")


def test_changed_data_is_refused(config: RunConfig, summary: Summary, tmp_path: Path) -> None:
    with (tmp_path / "posts" / "metadata.jsonl").open("a") as file:
        file.write('{"id": "more", "text": "", "label": 1, "split": "train"}\n')
    with pytest.raises(InputError, match=r"fingerprints\..*posts: "):
        train_run(config, tmp_path / "run")


def test_a_folder_of_other_things_is_left_alone(config: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(InputError, match="exists and is no run; name a new folder"):
        train_run(config, tmp_path / "mine")
    (tmp_path / "mine" / "config.json").write_text("{cut")
    with pytest.raises(InputError, match="not valid JSON"):
        train_run(config, tmp_path / "mine")


def test_validation_leaves_the_modes_as_they_were(config: RunConfig) -> None:
    from rumorscope.training.processes import Processes
    from training.toy import toy

    detector = toy()
    detector.image.eval()
    modes = [module.training for module in detector.modules()]
    posts = toy_posts()
    batches = [detector.preprocess(posts[:4]), detector.preprocess(posts[4:7])]
    found = validate(detector, detector.stages()[1], batches, Processes(), "no")
    assert [module.training for module in detector.modules()] == modes
    assert found.labels.tolist() == [float(post.label or 0) for post in posts[:7]]
    assert found.logits.shape == (7,)


def test_begins_where_another_run_ended(config: RunConfig, summary: Summary, tmp_path: Path) -> None:
    """With rates of next to nothing the weights stay those of the other run, and not those of its seed."""
    still = {"learning_rate_scale": 1e-12}
    values = config.model_dump(mode="json")
    values["training"] |= {
        "seed": 9,
        "weights_from": str(tmp_path / "run"),
        "stages": {"pretraining": still, "end_to_end": still},
    }
    begun = train_run(RunConfig.parse(values), tmp_path / "begun")
    before, after = (load_checkpoint(run.checkpoint).detector for run in (summary, begun))
    for was, became in zip(before.parameters(), after.parameters(), strict=True):
        torch.testing.assert_close(became, was)
