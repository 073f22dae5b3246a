"""Where what was computed, or paid for, is kept for the next run."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "RUMORSCOPE_CACHE"


def cache_folder() -> Path:
    """The folder that `RUMORSCOPE_CACHE` names, or else the user's own one for such things."""
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_path("rumorscope"))
