from __future__ import annotations

from pathlib import Path

import pytest

from training.toy import registered


@pytest.fixture
def toy_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The detector "toy" can be found by its name; gives the folder for other processes' search path."""
    folder = registered(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    return folder
