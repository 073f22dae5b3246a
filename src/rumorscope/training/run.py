"""A training run on disk: from its configuration to a calibrated checkpoint.

config.json     the resolved configuration and the data's fingerprints
history.jsonl   one row an epoch
state/          where the training stands, until it is over
checkpoint/     the selected weights
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rumorscope.detectors import detector_class
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.training.calibration import Calibration, calibrated
from rumorscope.training.checkpoint import (
    begin_with,
    load_checkpoint,
    resolve_checkpoint,
    save_checkpoint,
)
from rumorscope.training.config import RunConfig, differences
from rumorscope.training.domain import FEWEST, Domain, fit_domain, kept_posts
from rumorscope.training.files import write_text_whole
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material, gather
from rumorscope.training.processes import Processes
from rumorscope.training.progress import Report
from rumorscope.training.sampling import seed_everything
from rumorscope.training.validation import Validation

PACKAGES = ("rumorscope", "torch", "transformers", "accelerate", "numpy", "pillow")
FREE_TO_CHANGE = {"workers", "save_seconds"}  # between a run and its continuation: they change no result


@dataclass(frozen=True)
class Summary:
    """What a finished run came to."""

    folder: Path
    data: tuple[Path, ...]
    details: dict[str, Any]
    calibration: Calibration
    was_finished: bool  # before this call

    @property
    def checkpoint(self) -> Path:
        """The folder of the selected weights."""
        return self.folder / "checkpoint"


def train_run(
    config: RunConfig,
    folder: Path,
    *,
    towers: Towers | None = None,
    processes: Processes | None = None,
    report: Report | None = None,
) -> Summary:
    """Train what `config` says into `folder`, or go on there with the same configuration.

    Raises InputError where `folder` holds something else or a run with another configuration or other data.
    """
    processes = processes or Processes()
    config = config.resolved()
    material = gather(config.data, config.training.seed)
    begun = _begun(folder, _record(config, material))
    processes.wait()  # every process has looked before the main one writes
    if (folder / "checkpoint").is_dir():
        return _summary(folder, config, was_finished=True)
    if processes.is_main and not begun:
        write_text_whole(folder / "config.json", _json(_record(config, material)))
    seed_everything(config.training.seed)
    detector = detector_class(config.name)(config.detector_config(), towers or PretrainedTowers())
    if config.training.weights_from:
        begin_with(detector, config.name, resolve_checkpoint(config.training.weights_from))
    trainer = Trainer(detector, material, config.training, folder, processes=processes, report=report)
    trainer.run()
    _finish(trainer, config, material, folder)
    processes.wait()
    return _summary(folder, config, was_finished=False)


def validation_posts(folder: Path) -> Sequence[Post]:
    """The posts that a finished run validated on. Raises InputError where they are not what they were."""
    return _material(folder).validation


def training_posts(folder: Path) -> Sequence[Post]:
    """The posts that a finished run learned from, by the same rules."""
    return _material(folder).train


def _material(folder: Path) -> Material:
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"{folder} is no run with posts of its own: it has no config.json; give --data")
    record = json.loads(path.read_text(encoding="utf-8"))
    known = record.pop("fingerprints", {})
    material = gather(RunConfig.parse(record, where=str(path)).data)
    if material.fingerprints != known:
        raise InputError(
            f"the data of {folder} have changed since its training; name other posts with --data"
        )
    return material


def _record(config: RunConfig, material: Material) -> dict[str, Any]:
    return {**config.model_dump(mode="json"), "fingerprints": material.fingerprints}


def _begun(folder: Path, record: dict[str, Any]) -> bool:
    """Whether `folder` holds this very run. Raises InputError where it holds another one, or other things."""
    path = folder / "config.json"
    if not path.is_file():
        if folder.exists() and (not folder.is_dir() or any(map(_is_foreign, folder.iterdir()))):
            raise InputError(f"{folder} exists and is no run; name a new folder with --to")
        return False
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}; name a new folder with --to") from error
    changes = differences(_fixed(before), _fixed(record))
    if changes:
        raise InputError(
            f"{folder} holds a run with another configuration ({'; '.join(changes[:5])}); "
            "name a new folder with --to, or train with the configuration it has"
        )
    return True


def _is_foreign(path: Path) -> bool:
    """Whether a file is none that a run was killed at before its configuration was written."""
    return path.name != ".config.json.partial"


def _fixed(record: dict[str, Any]) -> dict[str, Any]:
    training = {key: value for key, value in record.get("training", {}).items() if key not in FREE_TO_CHANGE}
    return {**record, "training": training}


def _finish(trainer: Trainer, config: RunConfig, material: Material, folder: Path) -> None:
    """Calibrate on the validation posts and write the checkpoint; the state is then no longer needed."""
    validation = _last_validation(trainer, material)
    calibration = (
        calibrated(config.training.calibration, validation.logits, validation.labels)
        if validation
        else Calibration()
    )
    if not trainer.processes.is_main:
        return
    details = {
        "data": material.fingerprints,
        "divisions": material.divisions,
        "seed": config.training.seed,
        "training": config.training.model_dump(mode="json", exclude=FREE_TO_CHANGE),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "posts": {"train": len(material.train), "validation": len(material.validation)},
        "selected": _selected(trainer),
        "validation": validation.metrics() if validation else {},
    }
    save_checkpoint(
        trainer.detector,
        folder / "checkpoint",
        name=config.name,
        config=config.detector_config(),
        details=details,
        calibration=replace(
            calibration, threshold=config.training.threshold, uncertain=config.training.uncertain
        ),
        domain=_domain(trainer, config, material),
    )
    shutil.rmtree(folder / "state")


def _domain(trainer: Trainer, config: RunConfig, material: Material) -> Domain | None:
    """What the training posts look like to the detector; None where they are too few to say."""
    if config.training.domain == "none" or min(len(material.train), len(material.validation)) < FEWEST:
        return None
    width = trainer.features(material.train[:1]).shape[1]
    train, held_out = (kept_posts(len(posts), width) for posts in (material.train, material.validation))
    return fit_domain(
        trainer.features([material.train[index] for index in train]),
        trainer.features([material.validation[index] for index in held_out]),
    )


def _selected(trainer: Trainer) -> dict[str, Any]:
    """The row of the epoch whose weights the run ends with, without what no other run can repeat."""
    rows = trainer.history.rows
    last_stage = [row for row in rows if row["stage"] == rows[-1]["stage"]]
    selected = ([row for row in last_stage if row["best"]] or last_stage)[-1]
    return {key: value for key, value in selected.items() if key != "seconds"}


def _last_validation(trainer: Trainer, material: Material) -> Validation | None:
    """In full precision, as the detector will score."""
    judging = [stage for stage in trainer.stages if stage.data == "posts"]
    return trainer.validate(judging[-1]) if judging and material.validation else None


def _summary(folder: Path, config: RunConfig, *, was_finished: bool) -> Summary:
    checkpoint = load_checkpoint(folder / "checkpoint")
    return Summary(folder, config.data.folders, checkpoint.details, checkpoint.calibration, was_finished)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
