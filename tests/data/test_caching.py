from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from rumorscope.data.caching import cache_folder


def test_where_it_lives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    for unset in (
        lambda: monkeypatch.setenv("RUMORSCOPE_CACHE", ""),
        lambda: monkeypatch.delenv("RUMORSCOPE_CACHE"),
    ):
        unset()
        assert cache_folder() == Path(platformdirs.user_cache_dir("rumorscope"))
