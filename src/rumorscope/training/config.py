"""What a training run is, read from TOML: the detector, its data, and how it is trained."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from rumorscope.config import Settings, read_toml
from rumorscope.detectors import detector_class
from rumorscope.errors import InputError

Fraction = Annotated[float, Field(gt=0, lt=1)]


class HoldOut(Settings):
    """Validation posts taken out of the training posts, by groups that never straddle."""

    by: Literal["random", "image", "event"] = "event"
    fraction: Fraction = 0.1
    seed: NonNegativeInt = 0


class DataConfig(Settings):
    """Folders with a manifest each. Posts of the split "test" are never read for training.

    Without `hold_out`, the manifests' own "validation" split validates; with it, "train" and "validation"
    are joined and held out anew. `split` is a file that `rumorscope data split` wrote for the one folder; its
    parts, of `fold` where it has several, take the place of the manifest's own, and its validation posts,
    where it has any, that of `hold_out`.
    """

    folders: tuple[Path, ...] = ()
    captions: tuple[Path, ...] = ()
    forgeries: tuple[Path, ...] = ()  # forgery sets, such as CASIA
    hold_out: HoldOut | None = None
    split: Path | None = None
    fold: str | None = None
    posts_per_image: PositiveInt | None = None  # of training posts that show the same picture, at the most


class StageConfig(Settings):
    """What a run changes of one stage; what is left out stays as the detector has it."""

    epochs: NonNegativeInt | None = None  # 0 leaves the stage out
    batch_size: PositiveInt | None = None  # over all processes together
    learning_rate_scale: PositiveFloat = 1.0  # of every parameter group
    warmup_steps: NonNegativeInt = 0  # the rate rises linearly over these, and is constant after


class TrainingConfig(Settings):
    """How to train, whatever the detector."""

    seed: NonNegativeInt = 0
    weights_from: Path | None = None  # a run of the same detector, whose weights this one begins with
    mixed_precision: Literal["no", "bf16", "fp16"] = "no"
    max_gradient_norm: PositiveFloat = 1.0
    weight_decay: NonNegativeFloat = 0.0  # 0 is Adam, more is AdamW
    class_balance: Literal["none", "oversample"] = "none"
    select_by: Literal["loss", "auc"] = "loss"  # on the validation posts
    patience: PositiveInt = 3  # epochs without a better validation before a stage stops
    calibration: Literal["temperature", "isotonic", "none"] = "temperature"  # fitted on validation posts
    threshold: Fraction = 0.5  # a verdict is "rumor" from this probability on
    uncertain: float = Field(default=0.0, ge=0, le=0.5)  # so close to the threshold, nobody should trust it
    domain: Literal["nearest", "none"] = "nearest"  # whether verdicts warn of posts unlike the training's
    workers: NonNegativeInt = 0  # processes that read pictures beside the training
    save_seconds: NonNegativeFloat = 120.0  # between two saves of the state within an epoch
    stages: dict[str, StageConfig] = Field(default_factory=dict)

    def stage(self, name: str) -> StageConfig:
        """What the run changes of that stage."""
        return self.stages.get(name, StageConfig())


class RunConfig(Settings):
    """A whole run. `detector` holds the detector's name and the keys of its own configuration."""

    detector: dict[str, Any]
    data: DataConfig = DataConfig()
    training: TrainingConfig = TrainingConfig()

    @property
    def name(self) -> str:
        """The detector's name."""
        return str(self.detector["name"])

    def detector_config(self) -> Settings:
        """The detector's own configuration. Raises InputError for a key or a value that it does not know."""
        values = {key: value for key, value in self.detector.items() if key != "name"}
        return detector_class(self.name).Config.parse(values, where=f"[detector] of {self.name}")

    def resolved(self) -> Self:
        """The same run with every default of the detector written out."""
        full = {"name": self.name, **self.detector_config().model_dump(mode="json")}
        return self.model_copy(update={"detector": full})


def read_run_config(
    path: Path,
    changes: Iterable[str] = (),
    *,
    folders: Sequence[Path] = (),
    captions: Sequence[Path] = (),
    forgeries: Sequence[Path] = (),
) -> RunConfig:
    """Read a run's TOML; `section.key=value` changes and folders, where given, take the place of its own.

    Raises InputError for what is misspelled or impossible.
    """
    values = read_toml(path)
    for change in changes:
        _apply(values, change)
    for key, given in (("folders", folders), ("captions", captions), ("forgeries", forgeries)):
        if given:
            values.setdefault("data", {})[key] = list(given)
    if not isinstance(values.get("detector"), dict) or "name" not in values["detector"]:
        raise InputError(f'{path}: [detector] needs a name, such as name = "micc"')
    config = RunConfig.parse(values, where=str(path))
    config.detector_config()
    return config


def differences(before: Any, after: Any, key: str = "") -> list[str]:
    """Where two JSON values differ, as lines "key: before → after"."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [
            line
            for name in keys
            for line in differences(before.get(name), after.get(name), f"{key}.{name}".lstrip("."))
        ]
    if before == after:
        return []
    return [f"{key}: {json.dumps(before)} → {json.dumps(after)}"]


def _apply(values: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or not last or not sections:
        raise InputError(f"'{change}' changes nothing; write it as section.key=value, as in training.seed=3")
    target = values
    for section in sections:
        target = target.setdefault(section, {})
        if not isinstance(target, dict):
            raise InputError(f"'{change}': {section} is a value, not a section")
    target[last] = _toml_value(text.strip())


def _toml_value(text: str) -> Any:
    """A TOML value; a bare word is a string, so that nobody has to quote twice in a shell."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
