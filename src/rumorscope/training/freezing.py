"""Which parameters learn in a stage, and which modules run as in training."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from rumorscope.detectors import Detector, Stage
from rumorscope.encoders._interface import ImageEncoder


def train_only(detector: nn.Module, parameters: Iterable[nn.Parameter]) -> None:
    """Freeze all but `parameters`, and put every module that holds none of them in evaluation mode.

    A module without parameters, such as a dropout, follows the module that it is part of; a tower without any
    has nothing to learn, and is in evaluation mode.
    """
    detector.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    _set_mode(detector, training=True)


def freeze_untrained(detector: Detector) -> None:
    """Freeze what no stage of the detector trains, such as a pretrained tower that stays as it was."""
    stages = [stage for stage in detector.stages() if isinstance(stage, Stage)]
    groups = [group for stage in stages for group in stage.groups]
    learnt = {id(parameter) for group in groups for parameter in group.parameters}
    for parameter in detector.parameters():
        parameter.requires_grad_(id(parameter) in learnt)


def is_frozen(module: nn.Module) -> bool:
    """Whether the module answers the same for the same input throughout the stage."""
    learns = any(parameter.requires_grad for parameter in module.parameters())
    return not learns and not any(part.training for part in module.modules())


def _set_mode(module: nn.Module, *, training: bool) -> None:
    parameters = list(module.parameters())
    if parameters or isinstance(module, ImageEncoder):
        training = any(parameter.requires_grad for parameter in parameters)
    module.training = training
    for child in module.children():
        _set_mode(child, training=training)
