"""What detectors share that read a post through two towers of its own modalities and through a CLIP.

Shapes: **B** posts, **I** pictures a post, **U** distinct pictures, **E** width of the shared space.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.detectors._clip_reading import CLIP_IDS, CLIP_MASK, ClipPreprocess
from rumorscope.detectors._interface import Detector, Output, ParameterGroup, Stage
from rumorscope.encoders._interface import (
    ImageEncoder,
    ImageTowerConfig,
    TextEncoder,
    TextTowerConfig,
    Towers,
)
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import first_with_its_pictures, regions_of_posts
from rumorscope.losses.info_nce import Temperature, info_nce


class ClipPairConfig(Settings):
    """The four towers, and how they are trained; a detector adds what is its own."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()
    clip_text: TextTowerConfig = TextTowerConfig()
    clip_image: ImageTowerConfig = ImageTowerConfig(receptive_fields=(32,))
    shared_width: PositiveInt = Field(
        512,
        description="of the space that the CLIP pair shares; its own is begun with, where that is as wide",
    )
    contrastive_epochs: NonNegativeInt = Field(
        10, description="of bringing the pair together by captions; 0 leaves it out, as for a CLIP; chosen"
    )
    contrastive_batch_size: PositiveInt = Field(64, description="chosen")
    projection_learning_rate: PositiveFloat = Field(5e-4, description="in that stage; chosen")
    epochs: PositiveInt = Field(20, description="stage two; chosen")
    batch_size: PositiveInt = Field(64, description="stage two; chosen")
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers; chosen")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower")

    @model_validator(mode="after")
    def _one_picture_size(self) -> ClipPairConfig:
        if self.image.image_size != self.clip_image.image_size:
            raise ValueError(
                f"image.image_size={self.image.image_size} but clip_image.image_size="
                f"{self.clip_image.image_size}: both towers see the same scaled picture; give both one size"
            )
        return self


@dataclass(frozen=True)
class ClipPairOutput(Output):
    """An answer with what bringing the pair together needs."""

    clip_text: Tensor  # (B, E)
    clip_image: Tensor  # (B, E), the mean of a post's pictures
    has_picture: Tensor  # (B,) bool
    contrastive_temperature: Tensor  # ()


class ClipPairDetector(Detector):
    """The pair's summaries are in one space: CLIP's own, where it has one; else captions teach it first."""

    preprocess: ClipPreprocess

    def __init__(self, config: Any, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)
        self.image = towers.image("image", config.image)
        self.clip_text = towers.text("clip_text", config.clip_text)
        self.clip_image = towers.image("clip_image", config.clip_image)
        self.preprocess = ClipPreprocess(
            self.text.tokenizer,
            self.text.max_tokens,
            self.image.image_size,
            clip_tokenizer=self.clip_text.tokenizer,
            clip_tokens=self.clip_text.max_tokens,
        )
        self.project_text = _projection(self.clip_text, config.shared_width)
        self.project_image = _projection(self.clip_image, config.shared_width)
        self.is_clip = all(
            _has_space(tower, config.shared_width) for tower in (self.clip_text, self.clip_image)
        )
        self.temperature = Temperature()
        self.no_clip_picture = NoPicture(config.shared_width)

    def in_shared_space(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(B, E), (B, E): what CLIP says of each text and of its pictures."""
        text: Tensor = self.project_text(
            self.clip_text(batch.extras[CLIP_IDS], batch.extras[CLIP_MASK]).pooled
        )
        projected = self.project_image(self.clip_image(batch.pixels).pooled)  # (U, E)
        pictures, real = regions_of_posts(projected.unsqueeze(1), batch.image_index)  # (B, I, E), (B, I)
        return text, masked_mean(*self.no_clip_picture(pictures, real))

    @abstractmethod
    def losses(self, output: Any, batch: Batch) -> dict[str, Tensor]:
        """The named terms that the second stage minimises together."""

    def groups(self, parameters: Sequence[nn.Parameter]) -> list[ParameterGroup]:
        """At which rates the second stage's parameters learn, the towers' aside."""
        return [ParameterGroup(parameters, self.config.learning_rate)]

    def stages(self) -> Sequence[Stage]:
        """The pair's shared space from captions, then everything else end to end."""
        config = self.config
        groups = [
            *self.groups(self._learned_end_to_end()),
            ParameterGroup.of([self.text], config.text_learning_rate),
            ParameterGroup.of([self.image], config.image_learning_rate),
        ]
        end_to_end = Stage(
            name="end_to_end",
            loss=self.losses,
            groups=[group for group in groups if group.learning_rate > 0],
            epochs=config.epochs,
            batch_size=config.batch_size,
        )
        return [self._contrastive_stage(), end_to_end] if config.contrastive_epochs else [end_to_end]

    def _contrastive_stage(self) -> Stage:
        learned = [self.project_text, self.project_image, self.temperature]
        return Stage(
            name="contrastive",
            loss=_contrastive_loss,
            groups=[ParameterGroup.of(learned, self.config.projection_learning_rate)],
            epochs=self.config.contrastive_epochs,
            batch_size=self.config.contrastive_batch_size,
            data="captions",
            sampling="one_per_image",
        )

    def _learned_end_to_end(self) -> list[nn.Parameter]:
        apart: list[nn.Module] = [self.text, self.image, self.clip_text, self.clip_image, self.temperature]
        if self.config.contrastive_epochs or self.is_clip:
            apart += [self.project_text, self.project_image]
        others = {id(parameter) for module in apart for parameter in module.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in others]


def _contrastive_loss(output: Output, batch: Batch) -> dict[str, Tensor]:
    assert isinstance(output, ClipPairOutput)
    pairs = output.has_picture & first_with_its_pictures(batch.image_index)
    pulled = info_nce(output.clip_text[pairs], output.clip_image[pairs], output.contrastive_temperature)
    return {"info_nce": pulled}


def _has_space(tower: TextEncoder | ImageEncoder, width: int) -> bool:
    return tower.projection is not None and len(tower.projection) == width


def _projection(tower: TextEncoder | ImageEncoder, width: int) -> nn.Linear:
    """Into the shared space; the pair's own to begin with, where it has one of that width."""
    linear = nn.Linear(tower.width, width, bias=False)
    if tower.projection is not None and _has_space(tower, width):
        with torch.no_grad():
            linear.weight.copy_(tower.projection)
    return linear
