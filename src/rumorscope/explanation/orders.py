"""An explanation put to the test: cells painted over or uncovered in its order, the most important first.

Deletion starts from the post as it is, insertion from pictures of one color, and the detector judges again at
every step (Petsiuk, Das and Saenko 2018, RISE). The curve is the probability of the class that was predicted
for the whole post, over the share of cells; where the order is good its area is small for deletion and large
for insertion. **P** pictures of a post, **G** cells a side, **N** = P·G·G cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rumorscope.encoders.preprocess import Sample
from rumorscope.explanation.cells import Floats, Mask, cells_shape, uncovered
from rumorscope.explanation.occlusion import Probabilities

WEIGHTS, RELEVANCE, OCCLUSION, RANDOM = "weights", "relevance", "occlusion", "random"
"""What orders cells: the kept regions, the relevance maps, painting over each cell alone, and chance."""

Order = NDArray[np.int64]
"""(N,) the cells, the most important first."""


@dataclass(frozen=True)
class Areas:
    """The areas under the two curves of one order, 0 to 1."""

    deletion: float
    insertion: float


def areas_of_orders(
    sample: Sample, orders: Sequence[Order], probabilities: Probabilities, steps: int
) -> list[Areas]:
    """The areas of each order. `probabilities` are of the class that was predicted for the whole sample."""
    shape = cells_shape(sample)
    cells = int(np.prod(shape))
    counts = np.unique(np.round(np.linspace(0, cells, steps + 1)).astype(int))
    inner, shares = counts[1:-1], counts / cells
    whole, empty = probabilities([sample, uncovered(sample, np.zeros(shape, dtype=bool))])
    areas = []
    for order in orders:
        shown = [_first(order, count, shape) for count in inner]
        altered = [uncovered(sample, mask) for mask in [*(~mask for mask in shown), *shown]]
        answers = probabilities(altered)
        deletion = [whole, *answers[: len(inner)], empty]
        insertion = [empty, *answers[len(inner) :], whole]
        areas.append(Areas(*(float(np.trapezoid(curve, shares)) for curve in (deletion, insertion))))
    return areas


def occlusion_of_cells(sample: Sample, probabilities: Probabilities) -> Floats:
    """(P, G, G) how much the probability falls once a cell alone is painted over."""
    shape = cells_shape(sample)
    cells = int(np.prod(shape))
    masks = ~np.eye(cells, dtype=bool).reshape(cells, *shape)
    (whole,) = probabilities([sample])
    return whole - np.array(probabilities([uncovered(sample, mask) for mask in masks])).reshape(shape)


def ordered(values: Floats, draw: np.random.Generator) -> Order:
    """The cells by falling value; equal ones in random order, lest the upper left be favored."""
    mixed = draw.permutation(values.size)
    return mixed[np.argsort(-values.ravel()[mixed], kind="stable")]


def _first(order: Order, count: int, shape: tuple[int, int, int]) -> Mask:
    mask = np.zeros(order.size, dtype=bool)
    mask[order[:count]] = True
    return mask.reshape(shape)
