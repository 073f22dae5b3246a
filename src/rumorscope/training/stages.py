"""A detector's stages as one run changes them."""

from __future__ import annotations

from dataclasses import replace

from rumorscope.detectors import Detector, Fit, ParameterGroup, Stage
from rumorscope.errors import InputError
from rumorscope.training.config import StageConfig, TrainingConfig


def chosen_stages(detector: Detector, config: TrainingConfig) -> list[Stage | Fit]:
    """The stages to run, in order.

    Raises InputError for a stage that the detector does not have, and for what a `Fit` cannot be told.
    """
    stages = detector.stages()
    known = [stage.name for stage in stages]
    if unknown := sorted(config.stages.keys() - set(known)):
        raise InputError(
            f"[training.stages.{unknown[0]}]: the detector has no such stage; it has: {', '.join(known)}"
        )
    wanted = [stage for stage in stages if config.stage(stage.name).epochs != 0]
    chosen = [_changed(stage, config.stage(stage.name)) for stage in wanted]
    if not chosen:
        raise InputError(
            f"every stage has 0 epochs, so nothing would be learnt; train one of: {', '.join(known)}"
        )
    return chosen


def _changed(stage: Stage | Fit, change: StageConfig) -> Stage | Fit:
    if isinstance(stage, Fit):
        _refuse_for_fit(stage, change)
        return replace(stage, batch_size=change.batch_size or stage.batch_size)
    return replace(
        stage,
        epochs=stage.epochs if change.epochs is None else change.epochs,
        batch_size=change.batch_size or stage.batch_size,
        groups=[
            ParameterGroup(group.parameters, group.learning_rate * change.learning_rate_scale)
            for group in stage.groups
        ],
    )


def _refuse_for_fit(stage: Fit, change: StageConfig) -> None:
    plain = StageConfig(batch_size=change.batch_size)
    if (change.epochs or 1) > 1 or change.model_copy(update={"epochs": None}) != plain:
        raise InputError(
            f"[training.stages.{stage.name}]: this stage is fitted to all posts at once, without epochs or "
            "rates; only its batch_size can be set, or epochs = 0, which leaves it out"
        )
