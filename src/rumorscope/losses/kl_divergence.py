"""How far a Gaussian is from the standard normal (Kingma and Welling, arXiv 1312.6114, appendix B).

Shapes: **B** posts, **Z** width of the latent space.
"""

from __future__ import annotations

from torch import Tensor


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² - log σ² - 1), averaged over posts.

    Means and logarithms of variances are (B, Z), their dimensions independent. No post at all gives 0,
    through which a gradient (of 0) flows.
    """
    mean, log_variance = mean.float(), log_variance.float()
    divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2
    return divergence / max(len(mean), 1)
