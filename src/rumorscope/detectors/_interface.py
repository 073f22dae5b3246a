"""What a detector is: posts in, log-odds of rumor out, with the stages that train it and its evidence.

Shapes: **B** posts, **D** width of the fused feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.architecture import Modality
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.post import Evidence, Post


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

    @classmethod
    def of(cls, modules: Iterable[nn.Module], learning_rate: float) -> Self:
        """All parameters of some modules."""
        return cls([parameter for module in modules for parameter in module.parameters()], learning_rate)


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
    data: Literal["posts", "captions", "forgeries"] = "posts"
    sampling: Literal["shuffled", "one_per_image"] = "shuffled"
    select: Literal["validation", "last"] = "validation"  # which epoch's weights to keep


@dataclass(frozen=True)
class Fit:
    """A stage without gradients: scikit-learn, or a count, learns from all training posts at once.

    `fit` gets every training post once, in order, with the towers frozen, and fills the detector's buffers.
    It is one epoch over posts that needs no validation; where a run has validation posts, `loss` is reported.
    """

    name: str
    fit: Callable[[Iterable[Batch]], None]
    batch_size: int = 64
    data: ClassVar[Literal["posts"]] = "posts"
    sampling: ClassVar[Literal["in_order"]] = "in_order"
    select: ClassVar[Literal["last"]] = "last"

    def loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """What validation posts are reported with; nothing is minimised."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


class Detector(nn.Module, ABC):
    """A published system: one file in `detectors/`, found by its name.

    It sees pictures through its towers only: where all of these are frozen, training reads no picture, and
    `Batch.pixels` numbers them.
    """

    Config: ClassVar[type[Settings]]
    paper: ClassVar[str]  # title and identifier, for `rumorscope detectors`
    idea: ClassVar[str] = ""  # what is particular to it, in one sentence
    seeded: ClassVar[bool] = True  # whether training depends on the seed; if not, one run tells all
    preprocess: Preprocess

    @abstractmethod
    def __init__(self, config: Any, towers: Towers) -> None:
        """Build from `Config`, with towers kept as direct attributes named as they were asked for."""
        super().__init__()

    @abstractmethod
    def forward(self, batch: Batch) -> Output: ...

    @abstractmethod
    def stages(self) -> Sequence[Stage | Fit]: ...

    @property
    def reads(self) -> frozenset[Modality]:
        """Which parts of a post its answers can depend on, under its configuration."""
        return frozenset({"text", "image"})

    def grow_to(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Make room for weights of these shapes, by their name in `state_dict`, before they are loaded.

        For buffers whose size a `Fit` learns, such as a vocabulary. All others keep their shape, so that
        weights of another detector are told apart.
        """

    def missing(self, batch: Batch) -> list[tuple[str, ...]]:
        """What each post does not give, of that which the detector reads, in words for people."""
        return [tuple(_missing(post, self.reads)) for post in batch.posts]

    def ruled_out(self, batch: Batch, output: Any) -> Mapping[str, Tensor]:
        """Log-odds (B,) once one way of going wrong is ruled out, by the names of `FailureModes`.

        NaN where it cannot apply to the post. A detector that tells no failure modes apart gives none.
        """
        return {}

    def evidence(self, batch: Batch, output: Any) -> list[Evidence]:
        """Why each post was judged as it was; a detector that cannot say gives empty evidence."""
        return [Evidence() for _ in batch.posts]


def _missing(post: Post, reads: frozenset[Modality]) -> Iterator[str]:
    if "text" in reads and not post.text.strip():
        yield "text: the post has none"
    if "image" in reads and not post.images:
        yield "picture: the post has none"
