"""Real datasets as manifest folders, imported once for all tests that ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rumorscope.data.importing import import_dataset


@pytest.fixture(scope="session")
def twitter(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twitter/MediaEval."""
    folder = tmp_path_factory.mktemp("imported") / "twitter"
    import_dataset("twitter-mediaeval", real_data / "twitter_mediaeval2016", folder)
    return folder


@pytest.fixture(scope="session")
def pheme(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PHEME, text and labels."""
    folder = tmp_path_factory.mktemp("imported") / "pheme"
    import_dataset("pheme", real_data / "pheme_text", folder)
    return folder
