"""What every engine does: turn a traced tower into a network on disk, and run such a network."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from numpy.typing import NDArray
from torch.export import ExportedProgram

from rumorscope.errors import InputError

Precision = Literal["fp32", "bf16", "int8"]

Arrays = tuple[NDArray[Any], ...]


class Network(Protocol):
    """A compiled tower. For one thread at a time."""

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]: ...


class Engine(ABC):
    """A library that runs networks on this machine's processor."""

    name: ClassVar[str]
    extra: ClassVar[str]  # of the package, that installs it
    modules: ClassVar[tuple[str, ...]]  # that running needs
    export_modules: ClassVar[tuple[str, ...]]  # that exporting needs beside
    precisions: ClassVar[tuple[Precision, ...]]

    def is_installed(self) -> bool:
        """Whether networks can be run."""
        return _found(self.modules)

    def check(self, precision: Precision, *, exporting: bool) -> None:
        """Raise InputError where the library is missing, or lacks the precision."""
        if precision not in self.precisions:
            raise InputError(f"{self.name} runs no {precision}; use {', '.join(self.precisions)}")
        if not _found(self.modules + (self.export_modules if exporting else ())):
            raise InputError(f"{self.name} needs more packages: pip install 'rumorscope[{self.extra}]'")

    @abstractmethod
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
        """Write a traced tower into `folder` as the network `name`.

        int8 takes its ranges from `samples`, inputs of real posts; `attends` says that it is a transformer.
        """

    @abstractmethod
    def load(self, folder: Path, name: str, precision: Precision, threads: int) -> Network:
        """Compile a network that `convert` wrote. Raises CheckpointError where it is missing or damaged."""

    @abstractmethod
    def version(self) -> str:
        """Of the library, for the record."""


@contextmanager
def without_deprecations() -> Iterator[None]:
    """What the exporters of PyTorch, OpenVINO and ONNX warn their own authors of is nothing to a user."""
    with warnings.catch_warnings():
        for category in (FutureWarning, DeprecationWarning):
            warnings.simplefilter("ignore", category)
        yield


def _found(modules: Sequence[str]) -> bool:
    return all(find_spec(name) is not None for name in modules)
