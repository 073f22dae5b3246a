"""An experiment's results as files: `results.json`, and for each cell its answers and features.

The folder can be moved and shared, and a report be made of it again without any training.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rumorscope.errors import InputError
from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.experiments.results import Cell, CellResult, Failure, PostClusters, Results
from rumorscope.evaluation.predictions import Predictions
from rumorscope.post import Label
from rumorscope.training.config import RunConfig
from rumorscope.training.files import write_text_whole

RESULTS, PREDICTIONS, FEATURES = "results.json", "predictions", "features"
FORMAT = 1


def save_results(results: Results, folder: Path) -> None:
    """Write `results.json` last, so that what it names is there."""
    for name in (PREDICTIONS, FEATURES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for result in results.cells:
        if result.predictions is not None:
            result.predictions.write_csv(folder / PREDICTIONS / f"{result.key}.csv")
        if result.features is not None:
            _copy(result.features, folder / FEATURES / f"{result.key}.safetensors")
    values = {
        "format": FORMAT,
        "title": results.title,
        "kind": results.kind,
        "experiment": results.experiment,
        "chosen": results.chosen,
        "cells": [_result_values(result, folder) for result in results.cells],
        "failures": [{**_cell_values(f.cell), "error": f.error} for f in results.failures],
        "audits": {name: audit.as_dict() for name, audit in results.audits.items()},
        "clusters": {name: {"by": c.by, "number": dict(c.number)} for name, c in results.clusters.items()},
    }
    write_text_whole(folder / RESULTS, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def load_results(folder: Path) -> Results:
    """Read what `save_results` wrote. Raises InputError where the folder holds no results."""
    values = _read_json(folder)
    return Results(
        title=values["title"],
        kind=values["kind"],
        experiment=values["experiment"],
        chosen=values["chosen"],
        cells=tuple(_result(row, folder) for row in values["cells"]),
        failures=tuple(Failure(_cell(row), row["error"]) for row in values["failures"]),
        audits={name: Audit.from_dict(audit) for name, audit in values["audits"].items()},
        clusters={name: PostClusters(**clusters) for name, clusters in values["clusters"].items()},
    )


def read_predictions(path: Path) -> Predictions:
    """The answers in a CSV that `Predictions.write_csv` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Predictions(
        ids=tuple(row["id"] for row in rows),
        labels=np.array([Label[row["label"].upper()] for row in rows], dtype=np.int64),
        probabilities=np.array([float(row["probability"]) for row in rows]),
        events=tuple(row["event"] or None for row in rows),
    )


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / RESULTS
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{folder} holds no {RESULTS}; make one with `rumorscope compare`, `ablate` or `sweep`"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}; run the experiment's command again") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(f"{path} is of another version; run the experiment's command again")
    return values


def _result_values(result: CellResult, folder: Path) -> dict[str, Any]:
    return {
        **_cell_values(result.cell),
        "key": result.key,
        "folder": os.path.relpath(result.folder, folder),
        "validation": dict(result.validation),
        "judged": result.predictions is not None,
        "threshold": None if result.thresholds is None else float(result.thresholds[0]),
        "features": result.features is not None,
        "openings": result.openings,
        "seconds": result.seconds,
    }


def _result(values: Mapping[str, Any], folder: Path) -> CellResult:
    key = values["key"]
    predictions = read_predictions(folder / PREDICTIONS / f"{key}.csv") if values["judged"] else None
    return CellResult(
        cell=_cell(values),
        key=key,
        folder=folder / values["folder"],
        validation=values["validation"],
        predictions=predictions,
        thresholds=np.full(len(predictions.ids), values["threshold"]) if predictions else None,
        openings=values["openings"],
        seconds=values["seconds"],
        features=folder / FEATURES / f"{key}.safetensors" if values["features"] else None,
    )


def _cell_values(cell: Cell) -> dict[str, Any]:
    return {
        "row": cell.row,
        "data": cell.data,
        "fold": cell.fold,
        "seed": cell.seed,
        "seeded": cell.seeded,
        "settings": dict(cell.settings),
        "run": cell.run.model_dump(mode="json"),
    }


def _cell(values: Mapping[str, Any]) -> Cell:
    names = ("row", "data", "fold", "seed", "seeded", "settings")
    return Cell(**{name: values[name] for name in names}, run=RunConfig.parse(values["run"]))


def _copy(source: Path, target: Path) -> None:
    if source.resolve() == target.resolve():
        return
    partial = target.with_name(f".{target.name}.partial")
    shutil.copyfile(source, partial)
    partial.replace(target)
