"""One dataset a file: `twitter_mediaeval.py` reads `twitter-mediaeval`; files that start with `_` read none.

Each has `PUBLISHED`, where the dataset is published, and `read(source)`, which gives every row of the
published files as it stands there: kept, or dropped and why.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

from rumorscope.data.adapters._interface import Dropped, Kept
from rumorscope.errors import InputError

__all__ = ["Adapter", "Dropped", "Kept", "adapter", "adapter_names"]

Adapter = Callable[[Path], Iterator[Kept | Dropped]]


def adapter_names() -> list[str]:
    """The datasets that can be imported."""
    files = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in files if not name.startswith("_"))


def adapter(name: str) -> Adapter:
    """The reader of a dataset. Raises InputError that lists the known ones."""
    if name not in adapter_names():
        close = difflib.get_close_matches(name, adapter_names(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(adapter_names())}"
        raise InputError(f"no dataset is called '{name}'; {hint}")
    read: Adapter = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").read
    return read
