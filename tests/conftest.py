"""What every test shares: offline, one thread a process, and the real data where it stands."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value or not Path(value).is_dir():
        pytest.skip(f"{variable} names no folder")
    return Path(value).resolve()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets, or a visible skip."""
    return _folder("RUMORSCOPE_DATA")


@pytest.fixture(scope="session")
def real_models() -> Path:
    """The folder of real pretrained towers, or a visible skip."""
    return _folder("RUMORSCOPE_MODELS")


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A concept store that knows something of what the tiny posts claim."""
    from tiny import tiny_concepts

    return tiny_concepts(tmp_path_factory.mktemp("concepts"))


@pytest.fixture(autouse=True)
def own_store(tiny_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store that is used where none is named: never the one of whoever runs the tests."""
    monkeypatch.setenv("RUMORSCOPE_KNOWLEDGE", str(tiny_store))


@pytest.fixture(autouse=True)
def feature_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for each test, so that none finds what another has computed."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(folder))
    return folder
