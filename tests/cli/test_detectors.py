from __future__ import annotations

import pytest
from typer.testing import CliRunner

from rumorscope.cli import app
from rumorscope.detectors import detector_class, detector_names
from rumorscope.errors import InputError


def run(*words: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "200")  # no wrapping
    result = CliRunner().invoke(app, ["detectors", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_lists_each_detector_with_its_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = [line for line in run(monkeypatch=monkeypatch).splitlines() if line.strip().startswith("micc ")]
    assert "arXiv 2508.11141" in row


def test_shows_the_settings_of_one_with_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    output = run("micc", monkeypatch=monkeypatch)
    cells = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in output.splitlines() if "│" in line
    }
    assert cells["top_k"] == "2"
    assert cells["variant"] == '"full"'
    assert cells["image.receptive_fields"] == "[32, 64]"


def test_heads_the_settings_of_one_with_its_paper_and_idea(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.strip() for line in run("eann", monkeypatch=monkeypatch).splitlines()]
    assert lines[:2] == [detector_class("eann").paper, detector_class("eann").idea]


def test_every_detector_has_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a width at which nothing wraps; none is left out."""
    lines = run(monkeypatch=monkeypatch).splitlines()
    listed = {line.split()[0]: line for line in lines if line.strip()}
    for name in detector_names():
        assert detector_class(name).paper in listed[name]


def test_a_name_that_is_none_is_the_users_mistake() -> None:
    with pytest.raises(InputError, match="did you mean 'micc'"):
        CliRunner().invoke(app, ["detectors", "mic"], catch_exceptions=False)
