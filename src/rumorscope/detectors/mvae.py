"""MVAE: Multimodal Variational Autoencoder for Fake News Detection (Khattar et al., WWW 2019).

Text and picture go through one narrow latent vector, from which both are to be made again: it has to say what
the two have in common, and rumors are told by it.

    h = φ(W (t ⊕ v)), μ and log σ² linear in h, z = μ + σ ε with ε ~ N(0, 1)
    L = λ_f L_detection(z) + λ_t L_text + λ_v L_picture + λ_k KL(N(μ, σ²) ‖ N(0, 1))

What was open, and what is decided here:
- Whoever judges a post must get one answer: outside training, z is μ.
- The paper makes each word again, by cross-entropy over a vocabulary of its data set. A text tower's has
  some 30,000 pieces: 64 posts of 64 tokens would be 125 million log-odds a step. Here the decoder makes the
  tokens' features again, by squared error, as it makes the picture's.
- Such an error is a mean, where the paper sums over words. KL, which it sums over latent dimensions, is a
  mean over them too, as in the authors' published code. All λ are 1, as printed.
- The paper learns at 1e-5 for 300 epochs, which a small data set does not need: chosen are 1e-3 and 50. Its
  penalty on weights is left to `[training] weight_decay`.
- Words are the text tower's tokens in place of pretrained word vectors, the picture is its tower's pooled
  feature in place of VGG-19's, averaged over several. Both towers are frozen by default, as published. A post
  without a picture has a learned vector in its place, and none to make again.

Shapes: **B** posts, **T** tokens, **I** pictures a post, **D** width of a tower, **Z** width of the latent
space.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.bidirectional_lstm import BidirectionalLstm
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from rumorscope.losses.kl_divergence import kl_to_standard_normal
from rumorscope.losses.reconstruction import squared_error


class MvaeConfig(TextImageConfig):
    """MVAE's settings, as in the authors' published code where the module says nothing else."""

    recurrent_width: PositiveInt = Field(32, description="of each direction, of text, of picture")
    recurrent_layers: PositiveInt = Field(2, description="of the LSTMs that read and make tokens")
    image_hidden: PositiveInt = Field(1024, description="width of the picture's hidden layers")
    latent_width: PositiveInt = Field(64, description="of z, and of what text and picture are joined to")
    text_weight: PositiveFloat = Field(1.0, description="λ_t, of making the tokens again")
    image_weight: PositiveFloat = Field(1.0, description="λ_v, of making the picture again")
    divergence_weight: PositiveFloat = Field(1.0, description="λ_k, of the mean KL of a latent dimension")
    batch_size: PositiveInt = 128
    epochs: PositiveInt = Field(50, description="chosen")
    learning_rate: PositiveFloat = Field(1e-3, description="of all but the towers; chosen")
    text_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the text tower, as published")
    image_learning_rate: NonNegativeFloat = Field(0, description="0 freezes the image tower, as published")


@dataclass(frozen=True)
class MvaeOutput(Output):
    """MVAE's answer with what its losses need; `features` are z."""

    mean: Tensor  # (B, Z)
    log_variance: Tensor  # (B, Z)
    tokens: Tensor  # (B, T, D) what is to be made again
    picture: Tensor  # (B, D)
    has_picture: Tensor  # (B,) bool


class Mvae(TextImageDetector):
    """MVAE over any two towers."""

    Config = MvaeConfig
    paper = "MVAE: Multimodal Variational Autoencoder for Fake News Detection (WWW 2019)"
    idea = "Text and picture are made again from one narrow vector, by which rumors are told."

    def __init__(self, config: MvaeConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        width, latent = config.recurrent_width, config.latent_width
        self.no_picture = NoPicture(self.image.width)
        self.words = BidirectionalLstm(self.text.width, width, layers=config.recurrent_layers)
        self.of_text = _tanh_layers(self.words.width, width)
        self.of_image = _tanh_layers(self.image.width, config.image_hidden, width)
        self.shared = _tanh_layers(2 * width, latent)
        self.mean, self.log_variance = nn.Linear(latent, latent), nn.Linear(latent, latent)
        self.text_again = _TokenDecoder(latent, width, config.recurrent_layers, self.text.width)
        self.image_again = nn.Sequential(
            _tanh_layers(latent, width, config.image_hidden), nn.Linear(config.image_hidden, self.image.width)
        )
        self.judgment = nn.Sequential(_tanh_layers(latent, latent, latent // 2), nn.Linear(latent // 2, 1))

    def forward(self, batch: Batch) -> MvaeOutput:
        tokens = self.text(batch.token_ids, batch.token_mask).tokens  # (B, T, D)
        pictures, real = self.pictures(batch)  # (B, I, D), (B, I)
        picture = masked_mean(*self.no_picture(pictures, real))  # (B, D)
        text = self.of_text(self.words(tokens, batch.token_mask))
        shared = self.shared(torch.cat([text, self.of_image(picture)], dim=1))
        mean, log_variance = self.mean(shared), self.log_variance(shared)  # (B, Z), (B, Z)
        latent = drawn(mean, log_variance) if self.training else mean
        return MvaeOutput(
            logits=self.judgment(latent).squeeze(-1),
            features=latent,
            mean=mean,
            log_variance=log_variance,
            tokens=tokens,
            picture=picture,
            has_picture=real.any(dim=1),
        )

    def losses(self, output: MvaeOutput, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, both modalities made again from the latent vector, and its distance from N(0, 1)."""
        config = self.config
        tokens = self.text_again(output.features, batch.token_mask.shape[1])
        text = squared_error(tokens, output.tokens, batch.token_mask)
        image = squared_error(self.image_again(output.features), output.picture, output.has_picture)
        divergence = kl_to_standard_normal(output.mean, output.log_variance) / config.latent_width
        return {
            "binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels),
            "text_reconstruction": config.text_weight * text,
            "image_reconstruction": config.image_weight * image,
            "kl_divergence": config.divergence_weight * divergence,
        }


def drawn(mean: Tensor, log_variance: Tensor) -> Tensor:
    """One draw of each Gaussian, through which gradients reach both: (B, Z), (B, Z) → (B, Z)."""
    return mean + (log_variance / 2).exp() * torch.randn_like(mean)


class _TokenDecoder(nn.Module):
    """The latent vector, read anew at every place: (B, Z) → (B, T, D)."""

    def __init__(self, latent: int, width: int, layers: int, out: int) -> None:
        super().__init__()
        self.context = _tanh_layers(latent, width)
        self.lstm = nn.LSTM(width, width, layers, batch_first=True)
        self.out = nn.Linear(width, out)

    def forward(self, latent: Tensor, places: int) -> Tensor:
        context = self.context(latent).unsqueeze(1).expand(-1, places, -1)
        states, _ = self.lstm(context)  # (B, T, width)
        tokens: Tensor = self.out(states)
        return tokens


def _tanh_layers(*widths: int) -> nn.Sequential:
    return dense_layers(*widths, norm="none", activation=nn.Tanh)
