"""A whole experiment: its cells planned, computed as far as they are not, and put together as results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rumorscope.data.manifest import load_manifest
from rumorscope.data.parallel import Progress, no_progress
from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.experiments.cells import Job
from rumorscope.evaluation.experiments.choosing import best_on_validation
from rumorscope.evaluation.experiments.columns import Column, FoldOfData, audit_column, prepare_column
from rumorscope.evaluation.experiments.config import ExperimentConfig
from rumorscope.evaluation.experiments.keys import cell_key
from rumorscope.evaluation.experiments.results import Cell, CellResult, Failure, Kind, Results
from rumorscope.evaluation.experiments.rows import UNCHANGED, Changes, Row, plan_rows
from rumorscope.evaluation.experiments.running import Watcher, compute_all, fitting_processes
from rumorscope.evaluation.experiments.stored import save_results

OpenTest = Literal["chosen", "every"]


@dataclass(frozen=True)
class Plan:
    """An experiment with its cells, before any is computed."""

    kind: Kind
    config: ExperimentConfig
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    jobs: tuple[Job, ...]  # one a cell; cells of equal key share what is computed


@dataclass(frozen=True)
class Limits:
    """How an experiment is run, which changes none of its numbers."""

    processes: int | None = None  # None: as many as cores and memory carry
    keep_checkpoints: bool = False  # all of them, not those of the first seed only
    open_test: OpenTest = "chosen"  # for a sweep: of the chosen setting, or of every one


def plan_experiment(
    kind: Kind,
    config: ExperimentConfig,
    folder: Path,
    cache: Path,
    *,
    changes: Changes = UNCHANGED,
    limits: Limits = Limits(),
    progress: Progress = no_progress,
) -> Plan:
    """Read the data, make its splits, and name every cell. Raises InputError for whatever cannot be."""
    rows = plan_rows(config, changes)
    columns = tuple(prepare_column(entry, folder / "splits", progress) for entry in config.data)
    known = _Fingerprints()
    jobs = tuple(
        Job(
            cell=cell,
            key=cell_key(
                cell.run,
                fold.fingerprints,
                known.of(cell.run.data.captions),
                known.of(cell.run.data.forgeries),
            ),
            cache=cache,
            opens_test=kind != "sweep" or limits.open_test == "every",
            keeps_features=cell.seed == config.seeds[0],
            keeps_checkpoint=limits.keep_checkpoints or cell.seed == config.seeds[0],
        )
        for column in columns
        for fold in column.folds
        for row in rows
        if column.entry.name in row.runs
        for cell in _cells(row, column, fold, config.seeds)
    )
    return Plan(kind, config, tuple(rows), columns, jobs)


def run_plan(
    plan: Plan,
    folder: Path,
    watcher: Watcher,
    *,
    limits: Limits = Limits(),
    audits: Mapping[str, Audit] | None = None,
) -> Results:
    """Compute what is not computed, and write the results into `folder`.

    Whatever interrupts it, the same call goes on and comes to the same results. A cell that fails is among
    the `failures`. A sweep first trains every setting, chooses on validation posts, and opens the test posts
    for what it chose.
    """
    processes = limits.processes or fitting_processes(job.cell.run for job in plan.jobs)
    errors = compute_all(_distinct(plan.jobs), processes, watcher)
    jobs, chosen = plan.jobs, {}
    if plan.kind == "sweep":
        chosen = _choices(plan, errors)
        jobs = tuple(replace(job, opens_test=job.opens_test or _is_chosen(job, chosen)) for job in plan.jobs)
        errors |= compute_all(_distinct(job for job in jobs if job.key not in errors), processes, watcher)
        _drop_losers(jobs)
    results = Results(
        title=plan.config.title,
        kind=plan.kind,
        experiment=_record(plan, limits),
        cells=tuple(_result(job) for job in jobs if job.key not in errors),
        audits=audits or {},
        clusters={column.entry.name: column.clusters for column in plan.columns},
        failures=tuple(Failure(job.cell, errors[job.key]) for job in jobs if job.key in errors),
        chosen=chosen,
    )
    save_results(results, folder)
    return results


def audit_columns(plan: Plan, cache: Path, progress: Progress = no_progress) -> dict[str, Audit]:
    """The audit of every data entry that has one folder."""
    audits = {column.entry.name: audit_column(column, cache, progress) for column in plan.columns}
    return {name: audit for name, audit in audits.items() if audit is not None}


def _cells(row: Row, column: Column, fold: FoldOfData, seeds: Sequence[int]) -> list[Cell]:
    name = column.entry.name
    run, seeded = row.runs[name], row.seeded(name)
    data = fold.divide(run.data)
    return [
        Cell(
            row=row.name,
            data=name,
            fold=fold.name,
            seed=seed,
            run=run.model_copy(
                update={"data": data, "training": run.training.model_copy(update={"seed": seed})}
            ),
            settings=row.settings,
            seeded=seeded,
        )
        for seed in (seeds if seeded else seeds[:1])
    ]


def _distinct(jobs: Iterable[Job]) -> list[Job]:
    return list({job.key: job for job in jobs}.values())


def _choices(plan: Plan, errors: Mapping[str, str]) -> dict[str, str]:
    """By data entry, the row that its validation posts choose."""
    found = [_result(replace(job, opens_test=False)) for job in plan.jobs if job.key not in errors]
    choices = {
        column.entry.name: best_on_validation(
            [result for result in found if result.cell.data == column.entry.name], plan.config.select_by
        )
        for column in plan.columns
    }
    return {data: row for data, row in choices.items() if row is not None}


def _is_chosen(job: Job, chosen: Mapping[str, str]) -> bool:
    return chosen.get(job.cell.data) == job.cell.row


def _drop_losers(jobs: Sequence[Job]) -> None:
    """The weights of settings that were not chosen, as those of judged cells, stay for the first seed."""
    for job in jobs:
        if not job.keeps_checkpoint and not job.opens_test:
            with job.store.lock():
                job.store.drop_checkpoint()


def _result(job: Job) -> CellResult:
    return job.store.result(job.cell, judged=job.opens_test)


def _record(plan: Plan, limits: Limits) -> dict[str, Any]:
    return {
        **plan.config.model_dump(mode="json"),
        "rows": [row.name for row in plan.rows],
        "columns": [column.entry.name for column in plan.columns],
        "folds": {column.entry.name: [fold.name for fold in column.folds] for column in plan.columns},
        "open_test": limits.open_test if plan.kind == "sweep" else "every",
    }


class _Fingerprints:
    """Fingerprints of the manifests that runs learn from beside the column's, each read once."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def of(self, folders: Sequence[Path]) -> list[str]:
        for folder in folders:
            if folder not in self._known:
                self._known[folder] = load_manifest(folder).fingerprint
        return [self._known[folder] for folder in folders]
