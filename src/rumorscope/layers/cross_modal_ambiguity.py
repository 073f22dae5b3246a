"""How far text and picture of a post disagree (CAFE, WWW 2022, section 3.4).

Shapes: **B** posts, **D** width of the shared space, **Z** width of the latent space.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Independent, Normal, kl_divergence

Form = Literal["stretched", "printed"]

LEAST_SCALE = 1e-3  # a Gaussian as thin as nothing would be infinitely far from every other


class CrossModalAmbiguity(nn.Module):
    """Each modality gives a Gaussian over one latent space; the ambiguity grows with their divergence.

    The divergence is KL in both directions, averaged. "stretched" is 2 σ(KL) - 1 of its closed form: 0 where
    both modalities say the same, towards 1 the less they agree. "printed" is σ(KL), which starts at 0.5; in
    training it is estimated from one draw of each Gaussian, which can bring it below.
    """

    def __init__(self, width: int, *, latent: int = 2, form: Form = "stretched") -> None:
        super().__init__()
        self.text_posterior = GaussianPosterior(width, latent)
        self.image_posterior = GaussianPosterior(width, latent)
        self.form = form

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        """(B, D), (B, D) → (B,): the answer for a post depends on that post alone."""
        of_text, of_image = self.text_posterior(text), self.image_posterior(image)
        if self.form == "stretched":
            return 2 * symmetric_kl(of_text, of_image).sigmoid() - 1
        estimate = _drawn_kl if self.training else symmetric_kl
        return estimate(of_text, of_image).sigmoid()


class GaussianPosterior(nn.Module):
    """A Gaussian with independent dimensions over the latent space, read from a feature: q(z | m)."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2 * latent))

    def forward(self, features: Tensor) -> Independent[Normal]:
        """(B, D) → B Gaussians over (Z,), in full precision."""
        mean, scale = self.layers(features).float().chunk(2, dim=1)
        gaussians = Normal(mean, F.softplus(scale) + LEAST_SCALE, validate_args=False)
        return Independent(gaussians, 1, validate_args=False)


def symmetric_kl(first: Independent[Normal], second: Independent[Normal]) -> Tensor:
    """(KL(p‖q) + KL(q‖p)) / 2 in closed form: (B,), 0 where both are the same."""
    divergence: Tensor = (kl_divergence(first, second) + kl_divergence(second, first)) / 2
    return divergence


def _drawn_kl(first: Independent[Normal], second: Independent[Normal]) -> Tensor:
    """The same from one draw of each: right on average, and sometimes below 0."""
    return (_excess(first, second) + _excess(second, first)) / 2


def _excess(likely: Independent[Normal], unlikely: Independent[Normal]) -> Tensor:
    draw = likely.rsample()  # (B, Z)
    difference: Tensor = likely.log_prob(draw) - unlikely.log_prob(draw)  # type: ignore[no-untyped-call]  # torch
    return difference
