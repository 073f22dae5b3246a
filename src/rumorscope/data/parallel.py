"""Work over many pictures or texts at once, with a progress display and an end that can come early."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

Progress = Callable[[Iterable[str], int], Iterable[str]]
"""Passes names through while it shows how far they are, given how many there are."""


def no_progress(names: Iterable[str], total: int) -> Iterable[str]:
    """Shows nothing."""
    return names


def in_parallel(
    work: Callable[[Item], Outcome], items: Sequence[Item], progress: Progress, threads: int | None = None
) -> Iterator[tuple[Item, Outcome]]:
    """Each item with its outcome, in order. Threads serve: decoding a picture releases the lock.

    There are as many as cores, if not said otherwise.

    An interruption leaves the items that no thread has begun.
    """
    pool = ThreadPoolExecutor(threads or os.cpu_count())
    try:
        outcomes = pool.map(work, items)
        shown = progress(map(str, items), len(items))
        for item, outcome, _ in zip(items, outcomes, shown, strict=True):
            yield item, outcome
    finally:
        pool.shutdown(cancel_futures=True)
