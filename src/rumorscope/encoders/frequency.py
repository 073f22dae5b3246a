"""What a picture's frequencies are like: histograms of the DCT coefficients of its 8 x 8 blocks.

JPEG rounds these coefficients (ITU-T T.81), and saving anew, scaling and pasting leave traces in how they are
distributed. MVNN (Qi et al., ICDM 2019) reads them as 64 histograms, one a frequency; MCAN took that over.
Here pictures come scaled to one square size, so what is seen are the frequencies of the scaled picture: the
blocks of the file that it was saved in are lost.

Shapes: **U** pictures, **S** pixels of a side, **N** blocks of a picture.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, RegionGrid
from rumorscope.encoders.architecture import FILE
from rumorscope.errors import InputError

BLOCK = 8  # pixels of a side
FREQUENCIES = BLOCK * BLOCK
HALF = 125
BINS = 2 * HALF
"""One for each whole coefficient from -125 to 124, those beyond counted in the outermost; 250 as in MVNN."""

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as in JPEG


class FrequencyArchitecture(Settings):
    """All that decides the answers of this encoder, which has no weights."""

    image_size: int
    bins: int = BINS


class FrequencyEncoder(ImageEncoder):
    """An image tower without parameters. Its regions are the 64 frequencies, row by row, the mean first.

    A region is the histogram of one coefficient over all blocks, of sum 1; `pooled` is the mean of the 64.
    Raises InputError where the picture's size is no multiple of 8 pixels.
    """

    width = BINS
    basis: Tensor
    luminance: Tensor

    def __init__(self, image_size: int) -> None:
        super().__init__()
        if image_size % BLOCK:
            raise InputError(
                f"image_size={image_size} has no whole blocks of {BLOCK} pixels; use a multiple of {BLOCK}"
            )
        self.image_size = image_size
        self.grid = RegionGrid(
            scales=torch.zeros(FREQUENCIES, dtype=torch.int64),
            boxes=torch.tensor([[0.0, 0.0, 1.0, 1.0]]).expand(FREQUENCIES, 4),  # each of the whole picture
            receptive_fields=(BLOCK,),
        )
        # Fixed, so not of the state dict.
        self.register_buffer("basis", dct_basis(), persistent=False)
        self.register_buffer("luminance", torch.tensor(LUMINANCE).view(3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> ImageFeatures:
        """(U, 3, S, S) uint8 → (U, 64, 250) histograms and (U, 250) their mean; U may be 0."""
        with torch.autocast(pixels.device.type, enabled=False):  # halves would not tell whole numbers apart
            grey = (pixels.float() * self.luminance).sum(dim=1) - 128  # (U, S, S)
            histograms = _histograms(block_coefficients(grey, self.basis))
        return ImageFeatures(histograms, histograms.mean(dim=1))

    def save_architecture(self, folder: Path) -> None:
        """Write rumorscope.json; detectors construct this encoder themselves."""
        folder.mkdir(parents=True, exist_ok=True)
        record = FrequencyArchitecture(image_size=self.image_size).model_dump_json(indent=2)
        (folder / FILE).write_text(record + "\n", encoding="utf-8")


def dct_basis() -> Tensor:
    """(8, 8) the orthonormal type-II cosine transform: row k holds the k-th cosine at the 8 places."""
    k, place = torch.arange(BLOCK, dtype=torch.float64)[:, None], torch.arange(BLOCK, dtype=torch.float64)
    basis = math.sqrt(2 / BLOCK) * torch.cos(math.pi * (2 * place + 1) * k / (2 * BLOCK))
    basis[0] /= math.sqrt(2)
    return basis.float()


def block_coefficients(grey: Tensor, basis: Tensor) -> Tensor:
    """(U, S, S) → (U, 64, N): the two-dimensional DCT of every block, block by block in rows."""
    pictures, side, _ = grey.shape
    count = side // BLOCK
    blocks = grey.reshape(pictures, count, BLOCK, count, BLOCK).transpose(2, 3)  # (U, ·, ·, 8, 8)
    coefficients = basis @ blocks @ basis.mT
    return coefficients.reshape(pictures, count * count, FREQUENCIES).mT


def _histograms(coefficients: Tensor) -> Tensor:
    """(U, 64, N) → (U, 64, 250): the share of blocks whose coefficient rounds to each whole number."""
    places = coefficients.round().clamp(-HALF, HALF - 1).long() + HALF  # (U, 64, N)
    counts = coefficients.new_zeros(*coefficients.shape[:2], BINS)
    counts.scatter_add_(2, places, torch.ones_like(coefficients))
    return counts / coefficients.shape[2]
