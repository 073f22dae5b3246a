"""OpenVINO: the fastest on Intel's and AMD's processors, with quantisation by NNCF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch.export import ExportedProgram

from rumorscope.errors import CheckpointError
from rumorscope.runtime._interface import Arrays, Engine, Network, Precision, without_deprecations


class OpenVino(Engine):
    """Networks as .xml with .bin."""

    name, extra = "openvino", "openvino"
    modules, export_modules = ("openvino",), ("nncf",)
    precisions = ("fp32", "bf16", "int8")

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
        """bf16 is decided when a network is compiled: on disk it is float32."""
        import openvino

        model = openvino.convert_model(program.run_decompositions(_misread()))
        if precision == "int8":
            import nncf

            model = nncf.quantize(
                model,
                nncf.Dataset(list(samples)),
                subset_size=len(samples),
                model_type=nncf.ModelType.TRANSFORMER if attends else None,
            )
        openvino.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)

    def load(self, folder: Path, name: str, precision: Precision, threads: int) -> Network:
        """Compile for the shortest time of one batch: batches come one after the other."""
        import openvino

        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        }
        path = folder / f"{name}.xml"
        try:
            compiled = openvino.Core().compile_model(path, "CPU", options)
        except RuntimeError as error:
            raise CheckpointError(f"{path} is missing or damaged: {error}") from error

        def run(*inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
            found = compiled(list(inputs))
            return [found[output] for output in compiled.outputs]

        return run

    def version(self) -> str:
        """OpenVINO's own."""
        import openvino

        return str(openvino.__version__)


def _misread() -> dict[Any, Any]:
    """How to decompose what OpenVINO reads as something else: its bicubic resizing is not PyTorch's."""
    every: Any = torch.export.default_decompositions()
    return {operator: how for operator, how in every.items() if "bicubic" in str(operator)}
