from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reporting.fabricated import comparison
from rumorscope.cli import app
from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.stored import save_results
from rumorscope.reporting.report import write_report


def report(*words: object) -> str:
    result = CliRunner().invoke(app, ["report", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_saved_experiment_gives_its_report_again(tmp_path: Path) -> None:
    results = comparison(rows={"majority": 0.0, "micc": 1.0}, data=("twitter",))
    save_results(results, tmp_path / "saved")
    write_report(results, tmp_path / "first", pictures=False)
    told = report(tmp_path / "saved", "--no-pictures", "--to", tmp_path / "again")
    assert "report.html" in told
    for name in ("report.html", "report.md", "tables/results.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no results.json"):
        report(tmp_path)
