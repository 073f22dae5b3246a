"""What a sweep chooses: the setting with the best validation, before any test post is opened."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.results import CellResult


def best_on_validation(results: Sequence[CellResult], metric: str) -> str | None:
    """The row whose mean of `metric` over seeds and folds is highest; the earlier one of equals.

    A row with fewer finished cells than another is passed over, since a mean over the easier folds would win;
    None where there is no result. Raises InputError where a run has no such validation.
    """
    values: dict[str, list[float]] = {}
    for result in results:
        if metric not in result.validation:
            raise InputError(
                f"'{result.cell.name}' has no {metric} on validation posts, which the sweep chooses by; give "
                "the data a validation split or the run [data.hold_out], with posts of both classes in it"
            )
        values.setdefault(result.cell.row, []).append(result.validation[metric])
    if not values:
        return None
    most = max(map(len, values.values()))
    means = {row: fmean(found) for row, found in values.items() if len(found) == most}
    return max(means, key=means.__getitem__)
