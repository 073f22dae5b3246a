"""The classifier (MICC section 3.5): from the fused feature to the log-odds of rumor.

Shapes: **B** posts, **D** width of the fused feature, **H** hidden width.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from rumorscope.layers.batch_norm import BatchNorm

NormPlace = Literal["hidden", "output"]


class RumorJudgment(nn.Module):
    """Two linear layers with dropout and ReLU between: (B, D) → log-odds (B,).

    Eq. 29 normalises the single output number, of which LayerNorm would make a constant. `norm="hidden"`
    puts LayerNorm on the hidden layer instead; `norm="output"` is the printed place, by BatchNorm.
    """

    def __init__(
        self, width: int, *, hidden: int = 256, dropout: float = 0.0, norm: NormPlace = "hidden"
    ) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, hidden)
        self.hidden_norm = nn.LayerNorm(hidden) if norm == "hidden" else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        # BatchNorm takes the mean away and adds a bias of its own: one in front of it would learn nothing.
        self.out = nn.Linear(hidden, 1, bias=norm == "hidden")
        self.out_norm = BatchNorm(1) if norm == "output" else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.dropout(self.hidden_norm(self.hidden(features)))  # (B, H), eq. 27
        logits: Tensor = self.out_norm(self.out(hidden.relu())).squeeze(-1)  # (B,), eq. 28 and 29
        return logits
