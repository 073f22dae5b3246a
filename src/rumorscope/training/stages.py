"""A detector's stages as one run changes them."""

from __future__ import annotations

from dataclasses import replace

from rumorscope.detectors import Detector, ParameterGroup, Stage
from rumorscope.errors import InputError
from rumorscope.training.config import StageConfig, TrainingConfig


def chosen_stages(detector: Detector, config: TrainingConfig) -> list[Stage]:
    """The stages to run, in order. Raises InputError for a stage that the detector does not have."""
    stages = detector.stages()
    known = [stage.name for stage in stages]
    if unknown := sorted(config.stages.keys() - set(known)):
        raise InputError(
            f"[training.stages.{unknown[0]}]: the detector has no such stage; it has: {', '.join(known)}"
        )
    changed = [_changed(stage, config.stage(stage.name)) for stage in stages]
    chosen = [stage for stage in changed if stage.epochs > 0]
    if not chosen:
        raise InputError(
            f"every stage has 0 epochs, so nothing would be learnt; train one of: {', '.join(known)}"
        )
    return chosen


def _changed(stage: Stage, change: StageConfig) -> Stage:
    return replace(
        stage,
        epochs=stage.epochs if change.epochs is None else change.epochs,
        batch_size=change.batch_size or stage.batch_size,
        groups=[
            ParameterGroup(group.parameters, group.learning_rate * change.learning_rate_scale)
            for group in stage.groups
        ],
    )
