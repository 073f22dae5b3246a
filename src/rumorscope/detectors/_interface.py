"""What a detector is: posts in, log-odds of rumor out, with the stages that train it and its evidence.

Shapes: **B** posts, **D** width of the fused feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.post import Evidence


@dataclass(frozen=True)
class Output:
    """A detector's answer; a detector that needs more for its losses or evidence subclasses it."""

    logits: Tensor  # (B,) log-odds of rumor
    features: Tensor  # (B, D) what the classifier reads


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn at one rate."""

    parameters: Sequence[nn.Parameter]
    learning_rate: float


@dataclass(frozen=True)
class Stage:
    """One phase of training, as data: the loop knows no detector.

    Parameters in no group are frozen for the stage, and modules without a trainable parameter run in
    evaluation mode. `batch_size` and `epochs` are the published or chosen values; a run's configuration
    can override them.
    """

    name: str
    loss: Callable[[Output, Batch], dict[str, Tensor]]  # named terms; the loop sums and logs them
    groups: Sequence[ParameterGroup]
    epochs: int
    batch_size: int
    data: Literal["posts", "captions"] = "posts"
    sampling: Literal["shuffled", "one_per_image"] = "shuffled"
    select: Literal["validation", "last"] = "validation"  # which epoch's weights to keep


class Detector(nn.Module, ABC):
    """A published system: one file in `detectors/`, found by its name."""

    Config: ClassVar[type[Settings]]
    paper: ClassVar[str]  # title and identifier, for `rumorscope detectors`
    preprocess: Preprocess

    @abstractmethod
    def __init__(self, config: Any, towers: Towers) -> None:
        """Build from `Config`, with towers kept as direct attributes named as they were asked for."""
        super().__init__()

    @abstractmethod
    def forward(self, batch: Batch) -> Output: ...

    @abstractmethod
    def stages(self) -> Sequence[Stage]: ...

    def evidence(self, batch: Batch, output: Any) -> list[Evidence]:
        """Why each post was judged as it was; a detector that cannot say gives empty evidence."""
        return [Evidence() for _ in batch.posts]
