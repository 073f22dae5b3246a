"""A checkpoint → its towers compiled, checked against PyTorch, and kept only where the answers agree."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rumorscope.detectors import Detector
from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.predictions import predict_logits
from rumorscope.post import Post
from rumorscope.runtime._interface import Arrays, Engine, Precision
from rumorscope.runtime.engines import use_networks
from rumorscope.runtime.record import FILE, Deviation, Export, exports_of
from rumorscope.runtime.towers import attends, towers, trace
from rumorscope.training.checkpoint import Checkpoint
from rumorscope.training.files import written_whole

CALIBRATION_BATCH = 8

Tell = Callable[[str], None]


def export_checkpoint(
    checkpoint: Checkpoint,
    engine: Engine,
    precision: Precision,
    *,
    calibration: Sequence[Post],
    check: Sequence[Post],
    on: str,
    tolerance: float,
    tell: Tell = lambda doing: None,
) -> tuple[Path, Export]:
    """Compile the towers, and write them where `Scorer.load` finds them, in place of an earlier export.

    `calibration` are posts that int8 takes its ranges from, `check` those whose answers are compared, `on`
    says of the latter what they are. Raises InputError, with nothing written, where probabilities move by
    more than `tolerance` on average, where more than such a share of the posts gets another label, where
    accuracy falls by more than it, or where there is no number at all.
    """
    engine.check(precision, exporting=True)
    detector = checkpoint.detector
    found = dict(towers(detector))
    if not found:
        raise InputError(f"the detector '{checkpoint.name}' has no tower: there is nothing to compile")
    tell("PyTorch's answers")
    expected = _probabilities(checkpoint, detector, check)
    samples = _inputs(detector, calibration) if precision == "int8" else {}
    folder = exports_of(checkpoint) / f"{engine.name}-{precision}"
    with written_whole(folder) as partial:
        for name, tower in found.items():
            tell(f"compiling {name}")
            engine.convert(
                trace(tower), partial, name, precision, samples.get(name, ()), attends=attends(tower)
            )
        tell("the export's answers")
        compiled = copy.deepcopy(detector)
        use_networks(compiled, engine, partial, precision)
        try:
            answers = _probabilities(checkpoint, compiled, check)
        except CheckpointError as error:
            raise InputError(f"{engine.name}-{precision} is not exported: {error}") from error
        deviation = _compare(checkpoint, expected, answers, check, on)
        _refuse_beyond(tolerance, deviation, f"{engine.name}-{precision}")
        record = Export(
            checkpoint=checkpoint.hash,
            engine=engine.name,
            precision=precision,
            version=engine.version(),
            towers=tuple(found),
            deviation=deviation,
        )
        (partial / FILE).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return folder, record


@torch.inference_mode()
def _probabilities(checkpoint: Checkpoint, detector: Detector, posts: Sequence[Post]) -> Tensor:
    return checkpoint.calibration.probability(predict_logits(detector, posts))  # (N,)


@torch.inference_mode()
def _inputs(detector: Detector, posts: Sequence[Post]) -> dict[str, list[Arrays]]:
    """What each tower is given over the posts, batch by batch."""
    given: dict[str, list[Arrays]] = {name: [] for name, _ in towers(detector)}

    def keep(name: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def hook(module: nn.Module, inputs: tuple[Any, ...]) -> None:
            if inputs[0].numel():
                given[name].append(tuple(tensor.cpu().numpy() for tensor in inputs))

        return hook

    hooks = [tower.register_forward_pre_hook(keep(name)) for name, tower in towers(detector)]
    try:
        for start in range(0, len(posts), CALIBRATION_BATCH):
            detector(detector.preprocess(posts[start : start + CALIBRATION_BATCH]))
    finally:
        for hook in hooks:
            hook.remove()
    for name, inputs in given.items():
        if not inputs:
            raise InputError(
                f"the posts show the tower '{name}' nothing to take its ranges from; give others"
            )
    return given


def _compare(
    checkpoint: Checkpoint, expected: Tensor, found: Tensor, posts: Sequence[Post], on: str
) -> Deviation:
    moved = (found - expected).abs()
    threshold = checkpoint.calibration.threshold
    before, after = expected >= threshold, found >= threshold
    labels = [post.label for post in posts]
    accuracy = None
    if all(label is not None for label in labels):
        truth = torch.tensor([bool(label) for label in labels])
        accuracy = float((before == truth).float().mean()), float((after == truth).float().mean())
    return Deviation(
        posts=len(posts),
        on=on,
        mean=float(moved.mean()),
        largest=float(moved.max()),
        changed=float((before != after).float().mean()),
        accuracy=accuracy,
    )


def _refuse_beyond(tolerance: float, deviation: Deviation, name: str) -> None:
    fall = deviation.accuracy[0] - deviation.accuracy[1] if deviation.accuracy else 0.0
    worst = max(deviation.mean, deviation.changed, fall)
    if worst > tolerance:
        raise InputError(
            f"{name} is not exported: {deviation.words()}, more than the tolerance of {tolerance:g}; "
            "choose another precision, or more and other posts by --data"
        )
