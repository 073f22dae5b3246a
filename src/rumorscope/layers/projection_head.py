"""The two-layer head that carries tokens and regions into the shared space (MICC eq. 8 and 9)."""

from __future__ import annotations

from torch import Tensor, nn


class ProjectionHead(nn.Module):
    """`W2 · ReLU(W1 · x)`, applied to every token or region: (…, width) → (…, out).

    Without biases, as printed; the equations that have biases (19, 27, 28) print them.
    """

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, out, bias=False)
        self.out = nn.Linear(out, out, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        projected: Tensor = self.out(self.hidden(features).relu())
        return projected
