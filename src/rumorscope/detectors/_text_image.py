"""What detectors share that read a post through one text tower and one image tower, trained in one stage.

Shapes: **B** posts, **I** pictures a post, **R** regions of one picture, **D** width of the image tower.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors._interface import Detector, ParameterGroup, Stage
from rumorscope.encoders._interface import ImageTowerConfig, TextTowerConfig, Towers
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.layers.post_regions import regions_of_posts


class TextImageConfig(Settings):
    """The towers, and how everything is trained; a detector adds what is its own."""

    text: TextTowerConfig = TextTowerConfig()
    image: ImageTowerConfig = ImageTowerConfig()
    epochs: PositiveInt = Field(20, description="chosen")
    batch_size: PositiveInt = Field(64, description="chosen")
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers; chosen")
    text_learning_rate: NonNegativeFloat = Field(1e-5, description="0 freezes the text tower; chosen")
    image_learning_rate: NonNegativeFloat = Field(1e-5, description="0 freezes the image tower; chosen")


class TextImageDetector(Detector):
    """Both towers and all that a child class adds learn together, at up to three rates."""

    def __init__(self, config: Any, towers: Towers) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text = towers.text("text", config.text)
        self.image = towers.image("image", config.image)
        self.preprocess = Preprocess(self.text.tokenizer, self.text.max_tokens, self.image.image_size)

    @abstractmethod
    def losses(self, output: Any, batch: Batch) -> dict[str, Tensor]:
        """The named terms that training minimises together."""

    def stages(self) -> Sequence[Stage]:
        """Everything in one stage; a tower whose rate is 0 is frozen."""
        text, image = list(self.text.parameters()), list(self.image.parameters())
        of_towers = {id(parameter) for parameter in [*text, *image]}
        rest = [parameter for parameter in self.parameters() if id(parameter) not in of_towers]
        rates = (
            (rest, self.config.learning_rate),
            (text, self.config.text_learning_rate),
            (image, self.config.image_learning_rate),
        )
        stage = Stage(
            name="end_to_end",
            loss=self.losses,
            groups=[ParameterGroup(parameters, rate) for parameters, rate in rates if rate > 0],
            epochs=self.config.epochs,
            batch_size=self.config.batch_size,
        )
        return [stage]

    def regions(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The regions of all pictures of each post, (B, I·R, D), and which are real, (B, I·R)."""
        return regions_of_posts(self.image(batch.pixels).regions, batch.image_index)

    def pictures(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One vector a picture, (B, I, D), and which are real, (B, I)."""
        return regions_of_posts(self.image(batch.pixels).pooled.unsqueeze(1), batch.image_index)
