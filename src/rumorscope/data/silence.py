"""Warnings silenced while any thread asks for it: their filters belong to the whole process."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_lock = threading.Lock()
_inside = 0
_filters = ExitStack()


@contextmanager
def silenced_warnings() -> Iterator[None]:
    """Like `warnings.catch_warnings` with all ignored, but threads cannot undo one another's filters.

    The first one in saves the filters and the last one out puts them back.
    """
    global _inside
    with _lock:
        if _inside == 0:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _filters.close()
