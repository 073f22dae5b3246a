"""ONNX Runtime: the same networks wherever it runs, Arm included."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch.export import ExportedProgram

from rumorscope.errors import CheckpointError
from rumorscope.runtime._interface import Arrays, Engine, Network, Precision, without_deprecations


class OnnxRuntime(Engine):
    """Networks as .onnx.

    int8 is dynamic for transformers, whose static ranges cost too much accuracy, and static for convolutions.
    """

    name, extra = "onnx", "onnx"
    modules, export_modules = ("onnxruntime",), ("onnx", "onnxscript")
    precisions = ("fp32", "int8")

    @without_deprecations()
    def convert(
        self,
        program: ExportedProgram,
        folder: Path,
        name: str,
        precision: Precision,
        samples: Sequence[Arrays],
        *,
        attends: bool,
    ) -> None:
        """One file a network, weights included."""
        path = folder / f"{name}.onnx"
        whole = path if precision == "fp32" else folder / f"{name}.float.onnx"
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which is not needed
        exported = torch.onnx.export(program, dynamo=True, verbose=False)
        assert exported is not None
        exported.save(whole, external_data=False)
        if precision == "int8":
            _quantise(whole, path, None if attends else samples)

    def load(self, folder: Path, name: str, precision: Precision, threads: int) -> Network:
        """Open a session on the processor."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors alone
        path = folder / f"{name}.onnx"
        try:
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common class of their own
            raise CheckpointError(f"{path} is missing or damaged: {error}") from error
        names = [one.name for one in session.get_inputs()]

        def run(*inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
            found: Sequence[NDArray[Any]] = session.run(None, dict(zip(names, inputs, strict=True)))
            return found

        return run

    def version(self) -> str:
        """ONNX Runtime's own."""
        import onnxruntime

        return str(onnxruntime.__version__)


def _quantise(whole: Path, path: Path, samples: Sequence[Arrays] | None) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready = whole.with_suffix(".ready.onnx")
    quant_pre_process(whole, ready, skip_symbolic_shape=True)
    if samples is None:
        quantize_dynamic(ready, path, weight_type=QuantType.QInt8, per_channel=True)
    else:
        names = [one.name for one in onnx.load(ready, load_external_data=False).graph.input]
        quantize_static(ready, path, _Samples(names, samples), per_channel=True)
    for step in (whole, ready):
        step.unlink()


class _Samples:
    """A `CalibrationDataReader`, whose class could only be named where its package is installed."""

    def __init__(self, names: Sequence[str], samples: Sequence[Arrays]) -> None:
        self._left = (dict(zip(names, sample, strict=True)) for sample in samples)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._left, None)
