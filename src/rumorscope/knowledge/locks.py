"""Locks that outlive a fork."""

from __future__ import annotations

import os
import threading


def fork_safe_lock() -> threading.Lock:
    """A lock that a fork waits for, so that the child gets it free, and what it guards whole.

    For modules: it is never forgotten.
    """
    lock = threading.Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock
