"""What an experiment found: one result a cell, joined over folds and seeds when it is read.

A *cell* is one training: a row (detector, variant or setting) on one fold of one data entry with one seed.
**N** posts, **S** seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rumorscope.errors import InputError
from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats
from rumorscope.evaluation.pooled import Pooled
from rumorscope.evaluation.predictions import Predictions
from rumorscope.training.config import RunConfig

Kind = Literal["compare", "ablate", "sweep"]


@dataclass(frozen=True)
class Cell:
    """What to compute; no result yet."""

    row: str  # the detector's, the variant's or the setting's name in the tables
    data: str  # the data entry's name
    fold: str  # "" where there is one
    seed: int
    run: RunConfig
    settings: Mapping[str, Any] = field(default_factory=dict)  # what a sweep varies, by key
    seeded: bool = True  # False where training does not depend on the seed, so that one seed is run

    @property
    def name(self) -> str:
        """The cell in words, for progress bars and errors."""
        seed = f"seed {self.seed}" if self.seeded else ""
        return ", ".join(filter(None, (self.row, self.data, self.fold, seed)))


@dataclass(frozen=True)
class CellResult:
    """What one cell came to."""

    cell: Cell
    key: str  # hash of everything that decides the outcome
    folder: Path  # of the run; its checkpoint is kept for the first seed only, unless asked
    validation: Mapping[str, float]  # on validation posts; empty where there are none
    predictions: Predictions | None  # on the test posts; None where a sweep keeps the test shut
    thresholds: Floats | None  # (N,) what each post was judged with
    openings: int | None  # how often this run has looked at its test posts; None where nobody could count
    seconds: float  # of training
    features: Path | None  # safetensors "features" (N, D) float16 of the test posts; the first seed's only


@dataclass(frozen=True)
class Failure:
    """A cell that could not be computed; the same command tries it again."""

    cell: Cell
    error: str


@dataclass(frozen=True)
class PostClusters:
    """Which test posts of a data entry are not independent, over all of its folds."""

    by: Literal["none", "image", "event"]
    number: Mapping[str, int]  # post id → cluster

    def of(self, ids: Sequence[str]) -> Clusters:
        """The clusters of those posts, numbered anew from 0."""
        _, index = np.unique([self.number[id] for id in ids], return_inverse=True)
        return Clusters(self.by, index.astype(np.int64))


@dataclass(frozen=True)
class Results:
    """A whole experiment."""

    title: str
    kind: Kind
    experiment: Mapping[str, Any]  # the resolved experiment, for the record
    cells: tuple[CellResult, ...]
    audits: Mapping[str, Audit]  # by data entry; may lack entries
    clusters: Mapping[str, PostClusters]  # by data entry
    failures: tuple[Failure, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)  # by data entry: the row a sweep chose

    @property
    def row_names(self) -> tuple[str, ...]:
        """In the order of the experiment, rows without a finished cell included."""
        rows = self.experiment.get("rows", ())
        return tuple(dict.fromkeys([*rows, *(cell.row for cell in self._planned)]))

    @property
    def data_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.experiment.get("columns", ()), *(c.data for c in self._planned)]))

    def rows_on(self, data: str) -> tuple[str, ...]:
        """The rows that are planned on a data entry, finished or not."""
        planned = {cell.row for cell in self._planned if cell.data == data}
        return tuple(row for row in self.row_names if row in planned)

    def of(self, row: str, data: str) -> list[CellResult]:
        """The finished cells of a row on a data entry, in order of folds and seeds."""
        return [result for result in self.cells if (result.cell.row, result.cell.data) == (row, data)]

    def judged_rows(self, data: str) -> tuple[str, ...]:
        """The rows that have answered every test post of a data entry with at least one seed."""
        return tuple(row for row in self.row_names if self._whole_seeds(row, data))

    def pooled(self, row: str, data: str) -> Pooled:
        """A row's answers with the folds joined, for each seed that every fold was finished with.

        Raises InputError where there is no such seed.
        """
        seeds = self._whole_seeds(row, data)
        if not seeds:
            raise InputError(
                f"'{row}' has not answered all test posts of '{data}'; finish the experiment first"
            )
        by_seed = [[r for r in self.of(row, data) if r.cell.seed == seed] for seed in seeds]
        first = [_answers(result)[0] for result in by_seed[0]]
        ids = tuple(id for part in first for id in part.ids)
        return Pooled(
            ids=ids,
            labels=np.concatenate([part.labels for part in first]),
            probabilities=np.stack([_joined(cells, ids)[0] for cells in by_seed]),
            called=np.stack([_joined(cells, ids)[1] for cells in by_seed]),
            events=tuple(event for part in first for event in part.events),
            clusters=self.clusters[data].of(ids),
            seeded=by_seed[0][0].cell.seeded,
        )

    @property
    def _planned(self) -> list[Cell]:
        return [*(result.cell for result in self.cells), *(failure.cell for failure in self.failures)]

    def _whole_seeds(self, row: str, data: str) -> list[int]:
        planned = [cell for cell in self._planned if (cell.row, cell.data) == (row, data)]
        answered = {
            (result.cell.seed, result.cell.fold)
            for result in self.of(row, data)
            if result.predictions is not None
        }
        folds = {cell.fold for cell in planned}
        seeds = dict.fromkeys(sorted(cell.seed for cell in planned))
        return [seed for seed in seeds if folds and all((seed, fold) in answered for fold in folds)]


def _answers(result: CellResult) -> tuple[Predictions, Floats]:
    assert result.predictions is not None
    assert result.thresholds is not None
    return result.predictions, result.thresholds


def _joined(cells: Sequence[CellResult], ids: Sequence[str]) -> tuple[Floats, Any]:
    """(N,) probabilities and calls of one seed over its folds, in the order of `ids`."""
    probability: dict[str, float] = {}
    called: dict[str, bool] = {}
    for predictions, thresholds in map(_answers, cells):
        probability |= zip(predictions.ids, predictions.probabilities, strict=True)
        called |= zip(predictions.ids, predictions.probabilities >= thresholds, strict=True)
    return np.array([probability[id] for id in ids]), np.array([called[id] for id in ids], dtype=np.bool_)
