"""MCAN: Multimodal Fusion with Co-Attention Networks for Fake News Detection (Wu et al., ACL Findings 2021).

As people look at a picture, then read, and look again, so modalities are fused one after the other, each
fusion a co-attention: what has been fused so far asks the next modality, and is asked by it. The picture is
there twice, as what it shows (spatial domain) and as what its frequencies are like (frequency domain).

    spectrum of each frequency = |Fourier(histogram of its DCT coefficients)|, frequencies = CNN(spectra)
    fuse(F, M) = W (ask(F, M) ⊕ mean of ask(M, F)), F = regions; F ← fuse(F, frequencies); F ← fuse(F, tokens)

What was open, and what is decided here:
- The paper fuses one vector a modality, over whose numbers its published code lets an attention go. Here an
  attention goes over regions, frequencies and tokens; with one of each, the equation is the paper's.
- The layers that fuse frequencies then fuse tokens, as in that code, which shares them; it stacks as many as
  `layers`. Width, heads, dropout and classifier are that code's; the block's hidden width is its width, not
  2048 (`layers/cross_attention.py`).
- That code transforms the numbers of each of 64 tiles of the picture in a row. Here, as its paper has it,
  each of 64 frequencies has a histogram over 8 x 8 blocks (`encoders/frequency.py`). The CNN of a spectrum
  has that code's three convolutions, without its inception block; a learned vector tells the frequency.
- A post with several pictures has all their regions and frequencies; one without any, a learned vector each.

Shapes: **B** posts, **U** distinct pictures, **F** items fused so far (the regions of a post), **M** items of
the next modality, **D** width.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from rumorscope.detectors._interface import Output
from rumorscope.detectors._text_image import TextImageConfig, TextImageDetector
from rumorscope.encoders._interface import Towers
from rumorscope.encoders.frequency import BINS, FREQUENCIES, FrequencyEncoder
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.batch_norm import BatchNorm
from rumorscope.layers.cross_attention import CrossAttention
from rumorscope.layers.dense_layers import dense_layers
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture
from rumorscope.layers.post_regions import regions_of_posts
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy

CHANNELS = (1, 32, 64, 128)


class McanConfig(TextImageConfig):
    """MCAN's settings. Where the paper gives no value, its authors' published code does, if not "chosen"."""

    width: PositiveInt = Field(256, description="of every item that is fused")
    heads: PositiveInt = Field(8, description="of every attention, as far as the width can be divided")
    layers: PositiveInt = Field(1, description="co-attentions that fuse each modality, one after the other")
    dropout: float = Field(0.5, ge=0, lt=1, description="of every modality, in the fusion and the classifier")
    judgment_width: PositiveInt = Field(35, description="hidden width of the classifier")
    learning_rate: PositiveFloat = Field(5e-4, description="of all but the towers; chosen")


class Mcan(TextImageDetector):
    """MCAN over any two towers, and one of frequencies that has nothing to learn."""

    Config = McanConfig
    paper = "Multimodal Fusion with Co-Attention Networks for Fake News Detection (Findings of ACL 2021)"
    idea = (
        "What a picture shows, what its frequencies are like and the text are fused in turn by co-attention."
    )

    def __init__(self, config: McanConfig, towers: Towers) -> None:
        super().__init__(config, towers)
        self.frequency = FrequencyEncoder(config.image.image_size)
        width, heads = config.width, math.gcd(config.width, config.heads)
        self.of_text = dense_layers(self.text.width, width, dropout=config.dropout, norm="none")
        self.of_image = dense_layers(self.image.width, width, dropout=config.dropout, norm="none")
        self.of_frequencies = _Spectra(width, config.dropout)
        self.no_picture = NoPicture(width)
        self.no_frequency = NoPicture(width)
        self.fusions = nn.ModuleList(_Fusion(width, heads, config.dropout) for _ in range(config.layers))
        self.judgment = nn.Sequential(
            dense_layers(width, config.judgment_width, dropout=config.dropout, norm="none"),
            nn.Linear(config.judgment_width, 1),
        )

    def forward(self, batch: Batch) -> Output:
        tokens = self.of_text(self.text(batch.token_ids, batch.token_mask).tokens)  # (B, T, D)
        regions, real = self.regions(batch)
        fused, mask = self.no_picture(self.of_image(regions), real)  # (B, F, D), (B, F)
        spectra = self.of_frequencies(self.frequency(batch.pixels).regions)  # (U, 64, D)
        frequencies = self.no_frequency(*regions_of_posts(spectra, batch.image_index))
        for other, other_mask in (frequencies, (tokens, batch.token_mask)):
            for fusion in self.fusions:
                fused = fusion(fused, mask, other, other_mask)
        features = masked_mean(fused, mask)
        return Output(logits=self.judgment(features).squeeze(-1), features=features)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Rumor or not, and nothing else."""
        return {"binary_cross_entropy": binary_cross_entropy(output.logits, batch.labels)}


class _Spectra(nn.Module):
    """What the spectrum of each frequency's histogram looks like."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            # A batch norm takes the mean away and adds a bias of its own.
            convolution = nn.Conv1d(before, after, 3, padding=1, bias=False)
            steps += [convolution, BatchNorm(after), nn.ReLU(), nn.MaxPool1d(2)]
        self.convolutions = nn.Sequential(*steps)
        self.out = dense_layers(CHANNELS[-1], width, dropout=dropout, norm="none")
        self.which = nn.Parameter(torch.zeros(FREQUENCIES, width))

    def forward(self, histograms: Tensor) -> Tensor:
        """(U, 64, bins) → (U, 64, D)."""
        spectra = _spectra(histograms)  # (U, 64, bins / 2 + 1)
        found = self.convolutions(spectra.flatten(0, 1).unsqueeze(1)).amax(dim=2)  # (U · 64, channels)
        seen: Tensor = self.out(found).unflatten(0, (len(histograms), FREQUENCIES)) + self.which
        return seen


def _spectra(histograms: Tensor) -> Tensor:
    if not len(histograms):  # of nothing there is no transform
        return histograms[..., : BINS // 2 + 1]
    spectra: Tensor = torch.fft.rfft(histograms.float())
    return spectra.abs()


class _Fusion(nn.Module):
    """One co-attention of what is fused so far with the next modality."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.asks = CrossAttention(width, heads, dropout)
        self.is_asked = CrossAttention(width, heads, dropout)
        self.join = nn.Linear(2 * width, width)

    def forward(self, fused: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """(B, F, D), (B, F), (B, M, D), (B, M) → (B, F, D)."""
        answers, _ = self.asks(fused, other, other_mask)  # (B, F, D)
        asked, _ = self.is_asked(other, fused, mask)  # (B, M, D)
        summary = masked_mean(asked, other_mask).unsqueeze(1).expand_as(answers)
        joined: Tensor = self.join(torch.cat([answers, summary], dim=2))
        return joined
