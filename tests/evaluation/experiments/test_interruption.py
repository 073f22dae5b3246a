"""Whatever stops an experiment, starting it again comes to the same table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evaluation.experiments.small import IN_THIS_PROCESS, Watching, experiment, run, table
from rumorscope.evaluation.experiments.cells import compute
from rumorscope.evaluation.experiments.experiment import plan_experiment
from rumorscope.training import files

COMMAND = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from evaluation.experiments.small import experiment, run
run(Path({folder!r}), experiment(Path({folder!r})))
"""


def test_broken_off_at_ever_later_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that is written whole is a point to break off at, just before it takes its place."""
    run(folder, experiment(folder), to="whole")
    (folder / "cache").rename(folder / "cache-of-whole")
    left = 0

    def flush(path: Path) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(files, "_flush", flush)
    for attempt in range(1, 100):
        left = attempt
        try:
            run(folder, experiment(folder), to="broken")
        except KeyboardInterrupt:
            continue
        break
    assert attempt > 5
    assert table(folder / "broken", openings=False) == table(folder / "whole", openings=False)


def test_killed_in_the_middle(folder: Path) -> None:
    """A process that is killed for good while it is in its second cell leaves nothing half done."""
    paths = [str(folder / "site"), str(Path(__file__).parents[2])]
    command = COMMAND.format(paths=paths, folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", command], env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        until = time.monotonic() + 200
        while not list((folder / "cache").glob("cells/*/judged.json")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (folder / "out" / "results.json").exists()
    watching = Watching()
    run(folder, experiment(folder), watching=watching)
    assert 0 < len(watching.started_names) < 4
    (folder / "cache").rename(folder / "cache-of-killed")
    run(folder, experiment(folder), to="whole")
    assert table(folder / "out", openings=False) == table(folder / "whole", openings=False)


def test_who_comes_second_waits_and_finds_it_done(folder: Path) -> None:
    plan = plan_experiment(
        "compare", experiment(folder), folder / "out", folder / "cache", limits=IN_THIS_PROCESS
    )
    job = plan.jobs[0]
    with job.store.lock():
        second = threading.Thread(target=compute, args=[job])
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert not job.store.run.exists()
    second.join(60)
    assert job.is_done
    done = (job.store.folder / "judged.json").stat().st_mtime_ns
    compute(job)
    assert (job.store.folder / "judged.json").stat().st_mtime_ns == done


def test_a_run_begun_on_the_same_data_elsewhere_is_begun_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_off(folder, monkeypatch)
    (folder / "moved").symlink_to(folder / "data")
    moved = [{"name": "own", "folders": [folder / "moved"]}]
    assert run(folder, experiment(folder, data=moved)).failures == ()


def test_a_run_begun_with_the_same_towers_elsewhere_is_begun_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_off(folder, monkeypatch)
    [record] = (folder / "cache").glob("cells/*/run/config.json")
    begun = json.loads(record.read_text(encoding="utf-8"))
    begun["detector"]["text"] = {"model": "elsewhere/tower"}
    record.write_text(json.dumps(begun), encoding="utf-8")
    assert run(folder, experiment(folder)).failures == ()


def _break_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train the first cell, and stop before its checkpoint."""
    with monkeypatch.context() as patch:
        patch.setattr("rumorscope.training.run.save_checkpoint", _stops)
        with pytest.raises(KeyboardInterrupt):
            run(folder, experiment(folder))


def _stops(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
