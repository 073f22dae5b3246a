from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.experiments.small import RUN, SPLITS
from training.toy import registered, toy_posts, write_manifest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds data/, toy.toml; "toy" is found by its name, and features are cached here."""
    monkeypatch.syspath_prepend(str(registered(tmp_path / "site")))
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(tmp_path / "features"))
    write_manifest(tmp_path / "data", toy_posts(len(SPLITS)), SPLITS)
    (tmp_path / "toy.toml").write_text(RUN, encoding="utf-8")
    return tmp_path
