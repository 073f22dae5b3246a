"""Transfer consistency (KECL): forged and authentic pictures look alike, whatever set they come from.

A maximum mean discrepancy with a linear kernel, class by class (Gretton et al. 2012, eq. 3 for that kernel).

Shapes: **N** pictures, **D** width.
"""

from __future__ import annotations

from torch import Tensor


def transfer_consistency(features: Tensor, tampered: Tensor, of_news: Tensor) -> Tensor:
    """The squared distance between the means of the forgery set and of the news set, summed over two classes.

    `features` is (N, D); `tampered` and `of_news` are (N,) bool. A class that either set lacks in the batch
    adds 0; so does an empty batch, through which a gradient (of 0) flows.
    """
    total = features.sum() * 0.0
    for members in (tampered, ~tampered):
        news, forgeries = members & of_news, members & ~of_news
        if news.any() and forgeries.any():
            total = total + (features[news].mean(dim=0) - features[forgeries].mean(dim=0)).square().sum()
    return total
