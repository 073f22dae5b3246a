"""The engines by name, and which export a detector answers by."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from rumorscope.errors import InputError
from rumorscope.runtime._interface import Engine, Precision
from rumorscope.runtime.onnx_engine import OnnxRuntime
from rumorscope.runtime.openvino_engine import OpenVino
from rumorscope.runtime.record import Export, find_exports
from rumorscope.runtime.towers import answer_by, towers
from rumorscope.training.checkpoint import Checkpoint

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (OpenVino(), OnnxRuntime())}

TORCH, AUTO = "torch", "auto"

_FASTEST = ("int8", "bf16", "fp32")


def use_networks(detector: nn.Module, engine: Engine, folder: Path, precision: Precision) -> None:
    """Have every tower of the detector answer by its network, with as many threads as PyTorch would take."""
    for name, tower in towers(detector):
        answer_by(tower, engine.load(folder, name, precision, torch.get_num_threads()))


def use_runtime(checkpoint: Checkpoint, runtime: str, device: str) -> str:
    """Have a checkpoint's detector answer by one of its exports; gives the name of what answers.

    `runtime` is "torch"; or "openvino", "onnx" or with a precision "openvino-int8", which must have been
    exported; or "auto": the fastest export that there is and whose library is installed, on a CPU, else
    PyTorch. Raises InputError where what is asked for is not there.
    """
    if runtime == TORCH or (runtime == AUTO and device != "cpu"):
        return TORCH
    if device != "cpu":
        raise InputError(f"runtime '{runtime}' runs on the processor; use device cpu, or runtime torch")
    engine, _, precision = runtime.partition("-")
    if runtime != AUTO and engine not in ENGINES:
        raise InputError(f"runtime '{runtime}' is unknown; use auto, torch, {', '.join(ENGINES)}")
    if runtime != AUTO:
        ENGINES[engine].check(_precision(ENGINES[engine], precision), exporting=False)
    fitting = [
        (folder, export)
        for folder, export in find_exports(checkpoint)
        if runtime in (AUTO, export.engine, export.name) and ENGINES[export.engine].is_installed()
    ]
    if not fitting and runtime == AUTO:
        return TORCH
    if not fitting:
        raise InputError(
            f"{checkpoint.folder} has no export '{runtime}' of its present weights; make one: rumorscope "
            f"export RUN --to {engine}" + (f" --precision {precision}" if precision else "")
        )
    folder, export = min(fitting, key=_slowness)
    use_networks(checkpoint.detector, ENGINES[export.engine], folder, export.precision)
    return export.name


def _precision(engine: Engine, given: str) -> Precision:
    for precision in engine.precisions:
        if given in ("", precision):
            return precision
    raise InputError(f"{engine.name} runs no {given}; use {', '.join(engine.precisions)}")


def _slowness(found: tuple[Path, Export]) -> tuple[int, int]:
    _, export = found
    return _FASTEST.index(export.precision), list(ENGINES).index(export.engine)
