"""Where an export lies, what it was made of, and how far its answers are from PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rumorscope.data.caching import cache_folder
from rumorscope.encoders.compact import COMPACT_FOLDER
from rumorscope.errors import CheckpointError
from rumorscope.runtime._interface import Precision
from rumorscope.training.checkpoint import Checkpoint

FILE = "export.json"


class Deviation(BaseModel):
    """Of an export's answers from PyTorch's, over some posts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    posts: int
    on: str = Field(description="which posts")
    mean: float = Field(description="mean absolute difference of the probabilities")
    largest: float
    changed: float = Field(description="share of the posts that get another label")
    accuracy: tuple[float, float] | None = Field(description="of PyTorch and of the export, where labelled")

    def words(self) -> str:
        """In a sentence."""
        said = (
            f"over {self.posts} posts ({self.on}) probabilities move by {self.mean:.2g} on average and "
            f"{self.largest:.2g} at most, and {self.changed:.2%} get another label"
        )
        if self.accuracy is None:
            return said
        before, after = self.accuracy
        return f"{said}; accuracy {before:.3f} becomes {after:.3f}"


class Export(BaseModel):
    """The record of an export."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checkpoint: str = Field(description="hash of the checkpoint that it was made of")
    engine: str
    precision: Precision
    version: str = Field(description="of the engine")
    towers: tuple[str, ...]
    deviation: Deviation

    @property
    def name(self) -> str:
        """Such as openvino-int8."""
        return f"{self.engine}-{self.precision}"


def exports_of(checkpoint: Checkpoint) -> Path:
    """The folder of a checkpoint's exports: its own; of the embedded one they are kept in the cache."""
    if checkpoint.folder == COMPACT_FOLDER:
        return cache_folder() / "exports" / checkpoint.hash
    return checkpoint.folder / "runtime"


def find_exports(checkpoint: Checkpoint) -> Iterator[tuple[Path, Export]]:
    """The exports of these very weights and this calibration.

    Raises CheckpointError where a record is damaged.
    """
    for path in sorted(exports_of(checkpoint).glob(f"*/{FILE}")):
        export = read_export(path.parent)
        if export.checkpoint == checkpoint.hash:
            yield path.parent, export


def read_export(folder: Path) -> Export:
    """Raises CheckpointError where the record is missing or damaged."""
    try:
        return Export.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise CheckpointError(f"the export {folder} is damaged; remove it, or export again") from error
