"""How detectors are found: by file name here, by entry point elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import rumorscope.detectors
from rumorscope.detectors import Detector, detector_class, detector_names
from rumorscope.errors import InputError

FILE = """
from rumorscope.config import Settings
from rumorscope.detectors import Detector

class Shouting(Detector):
    Config = Settings
    paper = "None"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds detectors as the package's own does."""
    monkeypatch.setattr(rumorscope.detectors, "__path__", [*rumorscope.detectors.__path__, str(tmp_path)])
    return tmp_path


def test_a_file_is_a_detector_by_its_name(folder: Path) -> None:
    (folder / "shouting.py").write_text(FILE)
    (folder / "_shared.py").write_text("")
    assert "shouting" in detector_names()
    assert "_shared" not in detector_names()
    assert detector_class("shouting").__name__ == "Shouting"
    assert issubclass(detector_class("shouting"), Detector)


def test_a_file_with_two_detectors_is_a_bug(folder: Path) -> None:
    (folder / "doubled.py").write_text(FILE + "\nclass Whispering(Shouting): pass\n")
    with pytest.raises(TypeError, match="exactly one Detector, not 2"):
        detector_class("doubled")


def test_an_installed_package_registers_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud_package.py").write_text(FILE)
    install(tmp_path, "loud = loud_package:Shouting\nmicc = loud_package:Shouting\nwrong = loud_package:FILE")
    monkeypatch.syspath_prepend(tmp_path)
    assert "loud" in detector_names()
    assert detector_class("loud").__name__ == "Shouting"
    assert detector_class("micc").__name__ == "Micc"  # nobody replaces what the package carries
    with pytest.raises(AttributeError):
        detector_class("wrong")


def install(folder: Path, points: str) -> None:
    """Write what pip writes: the package's name and its entry points."""
    information = folder / "loud_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-package\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[rumorscope.detectors]\n{points}\n")


@pytest.mark.parametrize(("name", "hint"), [("mic", "did you mean 'micc'"), ("zzz", "known: .*micc")])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        detector_class(name)
