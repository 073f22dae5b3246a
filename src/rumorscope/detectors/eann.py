"""EANN: Event Adversarial Neural Networks for Multi-Modal Fake News Detection (Wang et al., KDD 2018).

What tells rumors of one event from its news says little of the next event. A discriminator guesses from the
features which event a post is about; its gradient reaches them reversed, so that they forget the event.

    t = φ(W_t · TextCNN(tokens)), v = φ(W_v · picture), features = t ⊕ v
    L = L_detection(θ_f, θ_d) - λ L_event(θ_f, θ_e): θ_f and θ_d lower it, θ_e raises it

What was open, and what is decided here:
- The discriminator has one output for each event of the training posts. Which there are is not known when
  a detector is built, so an event's name is hashed into one of `event_buckets`. Two events that meet in one
  count as the same event; among 15 events and 256 buckets that happens with a probability of 0.34.
- A post without an event has no part in L_event. Nobody needs an event to judge a post: outside training
  there is no L_event, since the events of other posts are new.
- φ is a leaky ReLU and the discriminator 64-32-E, as in the authors' published code.
- Words are the text tower's tokens in place of pretrained word vectors, the picture is its tower's pooled
  feature in place of VGG-19's, averaged over several, with a learned vector where there is none. Both towers
  are frozen by default.

Shapes: **B** posts, **T** tokens, **I** pictures a post, **D** width of a tower, **H** hidden width,
**E** buckets of events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.gradient_reversal import GradientReversal
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.text_cnn import TextCnn
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.event_discrimination import UNKNOWN, event_discrimination
from rumorscope.post import Post


class EannConfig(TextImageConfig):
    """EANN's settings, as published where the module says nothing else."""

    channels: PositiveInt = Field(20, description="filters a window of the Text-CNN")
    windows: tuple[PositiveInt, ...] = Field((1, 2, 3, 4), min_length=1, description="in tokens")
    hidden_width: PositiveInt = Field(32, description="of text, of picture, and in the discriminator")
    reversal: NonNegativeFloat = Field(1.0, description="λ: how hard features are made to forget the event")
    event_buckets: int = Field(256, ge=2, description="numbers that event names are hashed to")
    batch_size: PositiveInt = 100
    epochs: PositiveInt = 100
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers; chosen")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower; chosen")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower, as published")


@dataclass(frozen=True)
class EannOutput(Output):
    """EANN's answer with what the discriminator says."""

    event_logits: Tensor  # (B, E)


class Eann(TextImageDetector):
    """EANN over any two towers."""

    Config = EannConfig
    paper = "EANN: Event Adversarial Neural Networks for Multi-Modal Fake News Detection (KDD 2018)"
    idea = "From the features that tell rumors nobody is to guess the event that a post is about."

    def __init__(self, config: EannConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        hidden = config.hidden_width
        self.no_picture = NoPicture(self.image.width)
        self.words = TextCnn(self.text.width, channels=config.channels, windows=config.windows)
        self.of_text = dense_layers(self.words.width, hidden, norm="none", activation=nn.LeakyReLU)
        self.of_image = dense_layers(self.image.width, hidden, norm="none", activation=nn.LeakyReLU)
        self.judgment = nn.Linear(2 * hidden, 1)
        self.discriminator = nn.Sequential(
            GradientReversal(config.reversal),
            dense_layers(2 * hidden, hidden, norm="none", activation=nn.LeakyReLU),
            nn.Linear(hidden, config.event_buckets),
        )

    def forward(self, batch: Batch) -> EannOutput:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, D)
        picture = masked_mean(*self.no_picture(*self.pictures(batch)))  # (B, D)
        text, image = self.of_text(self.words(tokens, batch.token_mask)), self.of_image(picture)
        features = torch.cat([text, image], dim=1)  # (B, 2H)
        return EannOutput(
            logits=self.judgment(features).squeeze(-1),
            features=features,
            event_logits=self.discriminator(features),
        )

    def losses(self, output: EannOutput, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not and, in training, which event; the reversal makes a minus of that for the features."""
        terms = {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}
        if self.training:
            events = event_numbers(batch.posts, self.config.event_buckets).to(output.logits.device)
            terms["event_discrimination"] = event_discrimination(output.event_logits, events)
        return terms


def event_numbers(posts: Sequence[Post], buckets: int) -> Tensor:
    """(B,) int64 below `buckets`, equal for equal names in any process; `UNKNOWN` without an event."""
    return torch.tensor([_bucket(post.event, buckets) for post in posts], dtype=torch.int64)


def _bucket(event: str | None, buckets: int) -> int:
    if event is None:
        return UNKNOWN
    return int.from_bytes(blake2b(event.encode(), digest_size=8).digest(), "big") % buckets
