"""Looks at test data are counted where the run is, apart for each dataset."""

from __future__ import annotations

import json
from pathlib import Path

from rumorscope.config import Settings
from rumorscope.evaluation.openings import OPENINGS, record_opening
from rumorscope.training.checkpoint import Calibration, Checkpoint


def _checkpoint(folder: Path, hash: str = "abc") -> Checkpoint:
    folder.mkdir(parents=True, exist_ok=True)
    return Checkpoint(None, "toy", Settings(), Calibration(), {}, hash, folder)  # type: ignore[arg-type]  # unused


def test_looks_are_counted_for_each_dataset(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    assert [record_opening(checkpoint, data) for data in ("x", "y", "x", "x")] == [1, 1, 2, 3]


def test_a_run_counts_across_its_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").touch()
    assert record_opening(_checkpoint(tmp_path / "checkpoint", "before"), "x") == 1
    assert record_opening(_checkpoint(tmp_path / "checkpoint", "retrained"), "x") == 2
    lines = [json.loads(line) for line in (tmp_path / OPENINGS).read_text().splitlines()]
    assert [line["checkpoint"] for line in lines] == ["before", "retrained"]
    assert not (tmp_path / "checkpoint" / OPENINGS).exists()  # it is replaced whole by training


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / OPENINGS).mkdir()  # as good as read-only, for any user
    assert record_opening(checkpoint, "x") is None


def test_a_line_cut_off_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "checkpoint")
    record_opening(checkpoint, "x")
    with (tmp_path / "checkpoint" / OPENINGS).open("a") as file:
        file.write('{"time": "20\n')
    assert record_opening(checkpoint, "x") == 2


def test_a_checkpoint_on_its_own_keeps_its_ledger(tmp_path: Path) -> None:
    record_opening(_checkpoint(tmp_path / "checkpoint"), "x")
    assert (tmp_path / "checkpoint" / OPENINGS).is_file()
