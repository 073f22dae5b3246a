from __future__ import annotations

from dataclasses import replace

import pytest

from rumorscope.detectors import ParameterGroup
from rumorscope.training.freezing import freeze_untrained, is_frozen, train_only
from training.toy import toy


def test_only_the_given_parameters_learn() -> None:
    detector = toy()
    train_only(detector, detector.heads["text"].parameters())
    learning = {name for name, parameter in detector.named_parameters() if parameter.requires_grad}
    assert learning == {"heads.text.weight", "heads.text.bias"}


def test_modules_without_learning_parameters_run_in_evaluation_mode() -> None:
    detector = toy()
    train_only(detector, detector.judgment.parameters())
    training = {name for name, module in detector.named_modules() if module.training}
    assert training == {"", "judgment", "judgment.0", "judgment.1"}  # judgment.0 is a dropout
    assert is_frozen(detector.image)
    assert not is_frozen(detector.judgment)
    assert not is_frozen(detector)


def test_a_dropout_in_a_frozen_module_is_off() -> None:
    detector = toy()
    train_only(detector, detector.text.parameters())
    assert not detector.judgment[0].training
    train_only(detector, detector.parameters())
    assert all(module.training for module in detector.modules())


def test_what_no_stage_trains_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = toy().eval()
    [stage, *_] = detector.stages()
    group = ParameterGroup(list(detector.judgment.parameters()), 0.1)
    monkeypatch.setattr(detector, "stages", lambda: [replace(stage, groups=[group])])
    freeze_untrained(detector)
    assert is_frozen(detector.image)
    assert is_frozen(detector.text)
    assert all(parameter.requires_grad for parameter in detector.judgment.parameters())
