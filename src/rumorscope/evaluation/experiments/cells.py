"""One cell: trained, judged on the test posts, and kept under its key, so that nothing is computed twice.

`<cache>/cells/<key>/` holds the run, `trained.json` once it is trained, and `judged.json` with the answers
once its test posts were opened. Each is written whole and last of its step: a kill leaves the step undone.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from rumorscope.evaluation.experiments.judging import Judgment, judge
from rumorscope.evaluation.experiments.results import Cell, CellResult
from rumorscope.evaluation.experiments.stored import read_predictions
from rumorscope.training.files import write_text_whole
from rumorscope.training.history import read_history
from rumorscope.training.run import train_run


@dataclass(frozen=True)
class Job:
    """A cell to compute, and how far."""

    cell: Cell
    key: str
    cache: Path
    opens_test: bool  # False while a sweep still chooses
    keeps_features: bool  # of the test posts
    keeps_checkpoint: bool  # once it was judged

    @property
    def store(self) -> CellStore:
        return CellStore(self.cache / "cells" / self.key)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to compute."""
        return self.store.is_trained and (self.store.is_judged or not self.opens_test)


@dataclass(frozen=True)
class CellStore:
    """A cell's folder."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def features(self) -> Path:
        return self.folder / "features.safetensors"

    @property
    def is_trained(self) -> bool:
        return self._trained.is_file()

    @property
    def is_judged(self) -> bool:
        return self._judged.is_file()

    def lock(self) -> FileLock:
        """Held while somebody works on the cell; the system releases it when that process dies."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder.with_name(f"{self.folder.name}.lock"))

    def write_trained(self, validation: dict[str, float], seconds: float) -> None:
        _write(self._trained, {"validation": validation, "seconds": seconds})

    def write_judged(self, judgment: Judgment) -> None:
        judgment.predictions.write_csv(self._predictions)
        _write(
            self._judged,
            {
                "threshold": judgment.threshold,
                "temperature": judgment.temperature,
                "checkpoint": judgment.checkpoint,
                "openings": judgment.openings,
            },
        )

    def result(self, cell: Cell, *, judged: bool) -> CellResult:
        """What a finished cell came to; without the answers on the test posts unless they are `judged`."""
        trained = _read(self._trained)
        found = _read(self._judged) if judged else {}
        predictions = read_predictions(self._predictions) if judged else None
        return CellResult(
            cell=cell,
            key=self.folder.name,
            folder=self.run,
            validation=trained["validation"],
            predictions=predictions,
            thresholds=np.full(len(predictions.ids), found["threshold"]) if predictions else None,
            openings=found.get("openings"),
            seconds=trained["seconds"],
            features=self.features if judged and self.features.is_file() else None,
        )

    def drop_checkpoint(self) -> None:
        """Free the disk of the weights; the run's record and history stay."""
        shutil.rmtree(self.run / "checkpoint", ignore_errors=True)

    @property
    def _trained(self) -> Path:
        return self.folder / "trained.json"

    @property
    def _judged(self) -> Path:
        return self.folder / "judged.json"

    @property
    def _predictions(self) -> Path:
        return self.folder / "predictions.csv"


def compute(job: Job) -> None:
    """Bring a cell as far as the job asks, from wherever it stands. Whoever comes second finds it done."""
    store = job.store
    with store.lock():
        if job.is_done:
            return
        if not store.is_trained or not (store.run / "checkpoint").is_dir():
            _train(job.cell, store)
        if job.opens_test and not store.is_judged:
            store.write_judged(judge(store.run, job.cell.run, store.features if job.keeps_features else None))
        if job.opens_test and not job.keeps_checkpoint:
            store.drop_checkpoint()


def _train(cell: Cell, store: CellStore) -> None:
    """Train, or go on. Weights that were dropped are trained again; the time that counts is the first."""
    _leave_other_paths(cell, store)
    started = time.monotonic()
    summary = train_run(cell.run, store.run)
    if not store.is_trained:
        seconds = max(time.monotonic() - started, _seconds_in_history(store.run))
        store.write_trained(dict(summary.details["validation"]), seconds)


def _leave_other_paths(cell: Cell, store: CellStore) -> None:
    """Begin anew where the same data or towers lay in other folders, which a run does not accept."""
    record = store.run / "config.json"
    if not record.is_file():
        return
    now = cell.run.resolved().model_dump(mode="json")
    begun = _read(record)
    if any(begun.get(section) != now[section] for section in ("detector", "data")):
        for folder in ("state", "checkpoint"):
            shutil.rmtree(store.run / folder, ignore_errors=True)
        record.unlink()
        (store.run / "history.jsonl").unlink(missing_ok=True)


def _seconds_in_history(run: Path) -> float:
    """What the epochs took, before an interruption too."""
    return float(sum(row["seconds"] for row in read_history(run)))


def _write(path: Path, values: dict[str, Any]) -> None:
    write_text_whole(path, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def _read(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values
