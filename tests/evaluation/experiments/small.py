"""A small experiment: the toy detector and two of its variants, on posts that a few epochs tell apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rumorscope.evaluation.experiments.cells import Job
from rumorscope.evaluation.experiments.config import ExperimentConfig
from rumorscope.evaluation.experiments.experiment import Limits, plan_experiment, run_plan
from rumorscope.evaluation.experiments.results import Kind, Results
from rumorscope.evaluation.experiments.rows import UNCHANGED, Changes

SPLITS = ["train"] * 12 + ["validation"] * 6 + ["test"] * 12

RUN = """
[detector]
name = "toy"
pretraining = false

[training]
threshold = 0.4
"""

IN_THIS_PROCESS = Limits(processes=1)


class Watching:
    """Remembers which cells were computed."""

    def __init__(self) -> None:
        self.started_names: list[str] = []
        self.errors: list[str] = []

    def begin(self, total: int) -> None:
        pass

    def started(self, job: Job) -> None:
        self.started_names.append(job.cell.name)

    def ended(self, job: Job, error: str | None) -> None:
        if error:
            self.errors.append(error)


def experiment(folder: Path, **changes: Any) -> ExperimentConfig:
    """Two seeds of two rows on the data's own split."""
    values: dict[str, Any] = {
        "title": "toys",
        "seeds": [0, 1],
        "data": [{"name": "own", "folders": [folder / "data"]}],
        "detectors": [
            {"name": "whole", "config": folder / "toy.toml"},
            {"name": "frozen", "config": folder / "toy.toml", "set": ["detector.image_learning_rate=0"]},
        ],
    }
    return ExperimentConfig.parse(values | changes)


def run(
    folder: Path,
    config: ExperimentConfig,
    *,
    kind: Kind = "compare",
    to: str = "out",
    changes: Changes = UNCHANGED,
    limits: Limits = IN_THIS_PROCESS,
    watching: Watching | None = None,
) -> Results:
    """Compute it in this process, unless `limits` says otherwise."""
    plan = plan_experiment(kind, config, folder / to, folder / "cache", changes=changes, limits=limits)
    return run_plan(plan, folder / to, watching or Watching(), limits=limits)


def table(folder: Path, *, openings: bool = True) -> dict[str, Any]:
    """results.json without the seconds, which no two runs share.

    A run that was broken off between opening its test posts and keeping its answers has opened them twice.
    """
    values: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for cell in values["cells"]:
        del cell["seconds"], cell["folder"]
        if not openings:
            del cell["openings"]
    answers = {path.name: path.read_text(encoding="utf-8") for path in (folder / "predictions").glob("*.csv")}
    return {**values, "answers": answers}
