"""How well a map of manipulation fits the mask of what was altered. **H** x **W** pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_auc_score

from rumorscope.errors import InputError
from rumorscope.forensics.grids import Floats, spread

THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Localisation:
    """Agreement pixel by pixel, each from 0 to 1."""

    auc: float  # altered pixels are ranked above others: 0.5 is chance
    best_f1: float  # at the threshold that suits this picture's mask best: nobody could have known it
    f1: float  # at the fixed threshold
    iou: float  # at the fixed threshold: intersection over union


def localise(cells: Floats, mask: NDArray[np.bool_], threshold: float = THRESHOLD) -> Localisation:
    """Hold a map (R, C) over the whole picture against its mask (H, W), to whose size it is spread.

    A pixel is called altered when the map there is at least the threshold. Raises InputError for a mask
    that is all of one kind, which ranks nothing.
    """
    if mask.all() or not mask.any():
        raise InputError("the mask marks all of the picture or none of it; nothing can be located")
    values = spread(cells, mask.shape).ravel()
    altered = mask.ravel()
    precision, recall, _ = precision_recall_curve(altered, values)
    called = values >= threshold
    both, either = np.count_nonzero(called & altered), np.count_nonzero(called | altered)
    return Localisation(
        auc=float(roc_auc_score(altered, values)),
        best_f1=float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()),
        f1=2 * both / (both + either),
        iou=both / either,
    )
