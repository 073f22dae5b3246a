"""Libraries that only some extractors need."""

from __future__ import annotations

import importlib
from typing import Any

from rumorscope.errors import InputError


def optional(module: str, extra: str) -> Any:
    """The module. Raises InputError, which names the extra to install, where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"{module} is not installed; install it with: pip install 'rumorscope[{extra}]'"
        ) from error
