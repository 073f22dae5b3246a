"""Work in threads: in order, shown, and stopped when the reader stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from rumorscope.data.parallel import in_parallel, no_progress


def test_outcomes_come_in_order_and_are_shown() -> None:
    shown: list[tuple[str, int]] = []

    def progress(names: Iterable[str], total: int) -> Iterator[str]:
        for name in names:
            shown.append((name, total))
            yield name

    def slow_first(item: int) -> int:
        time.sleep(0.02 * (item == 0))
        return item * item

    assert list(in_parallel(slow_first, range(5), progress)) == [(n, n * n) for n in range(5)]
    assert shown == [(str(n), 5) for n in range(5)]


def test_an_error_ends_the_work() -> None:
    begun: list[int] = []
    gate = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            gate.set()
            raise ValueError("no")
        gate.wait()
        time.sleep(0.01)

    with pytest.raises(ValueError, match="no"):
        list(in_parallel(work, range(1000), no_progress))
    assert len(begun) < 1000
