"""Cells in parallel processes, as many as the cores and the free memory carry."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import joblib
import psutil
import torch
from joblib.externals.loky.process_executor import BrokenProcessPool

from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.cells import Job, compute
from rumorscope.training.config import RunConfig

GIB = 2**30
WORKER_GIB = 1.5
"""What a process takes beside its towers: libraries, posts, and the batches of a small detector."""
TOWER_COPIES = 4  # weights, gradients and Adam's two moments

# A worker that has grown by the pictures it keeps is replaced between two cells; nothing is lost.
warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)


class Watcher(Protocol):
    """What is told of the progress."""

    def begin(self, total: int) -> None: ...

    def started(self, job: Job) -> None: ...

    def ended(self, job: Job, error: str | None) -> None: ...


def compute_all(jobs: Sequence[Job], processes: int, watcher: Watcher) -> dict[str, str]:
    """Compute every job that is not done; the errors of those that fail, by key.

    A failing cell stops no other. Raises InputError where a process was killed from outside; what is
    finished by then is kept, and the same call goes on.
    """
    left = [job for job in jobs if not job.is_done]
    watcher.begin(len(left))
    errors: dict[str, str] = {}
    by_key = {job.key: job for job in left}
    for key, error in _outcomes(left, min(processes, len(left)), watcher):
        watcher.ended(by_key[key], error)
        if error is not None:
            errors[key] = error
    return errors


def fitting_processes(runs: Iterable[RunConfig]) -> int:
    """How many cells to compute at once: one a core, as far as free memory goes; one where there is a GPU."""
    if torch.cuda.is_available():
        return 1
    need = WORKER_GIB * GIB + TOWER_COPIES * max((_tower_bytes(run) for run in runs), default=0)
    cores = (
        len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()
    )
    return max(1, min(cores or 1, int(psutil.virtual_memory().available // need)))


def _outcomes(jobs: Sequence[Job], processes: int, watcher: Watcher) -> Iterator[tuple[str, str | None]]:
    if processes <= 1:
        for job in jobs:
            watcher.started(job)
            yield _attempt(job)
        return
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        pool = joblib.Parallel(
            processes, return_as="generator_unordered", pre_dispatch=processes, batch_size=1
        )
        try:
            yield from pool(_announced(jobs, watcher))
        except BrokenProcessPool as error:
            raise InputError(
                "a process was killed from outside, most likely for want of memory; what is finished is "
                f"kept: the same command goes on, with --jobs {processes - 1} if it happens again"
            ) from error


def _announced(jobs: Iterable[Job], watcher: Watcher) -> Iterator[object]:
    """Tasks, each announced when a process is free for it."""
    for job in jobs:
        watcher.started(job)
        yield joblib.delayed(_attempt_on_one_thread)(job)


def _attempt_on_one_thread(job: Job) -> tuple[str, str | None]:
    torch.set_num_threads(1)
    return _attempt(job)


def _attempt(job: Job) -> tuple[str, str | None]:
    try:
        compute(job)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other cells go on, and the table shows it
        return job.key, f"{type(error).__name__}: {error}"
    return job.key, None


def _tower_bytes(run: RunConfig) -> int:
    """The weights of the run's towers that lie in folders; a hub's are not known."""
    models = {
        str(part["model"]) for part in run.detector.values() if isinstance(part, dict) and "model" in part
    }
    files = {file for model in models if Path(model).is_dir() for file in Path(model).glob("*.safetensors")}
    return sum(file.stat().st_size for file in files)
