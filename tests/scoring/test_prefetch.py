from __future__ import annotations

import threading
import time

import pytest

from rumorscope.scoring.prefetch import prefetch


def test_is_map_in_order() -> None:
    def slow_when_even(n: int) -> int:
        time.sleep(0.002 * (n % 2 == 0))
        return n * n

    assert list(prefetch(slow_when_even, range(50), ahead=8, workers=4)) == [n * n for n in range(50)]


def test_never_takes_more_than_ahead() -> None:
    taken = []

    def items() -> object:
        for n in range(100):
            taken.append(n)
            yield n

    answers = prefetch(lambda n: n, items(), ahead=5, workers=2)
    for asked in range(1, 20):
        next(answers)
        assert len(taken) <= asked + 5
    answers.close()


def test_an_error_is_raised_in_its_place() -> None:
    answers = prefetch(lambda n: 1 // n, [1, 2, 0, 3], ahead=4, workers=2)
    assert [next(answers), next(answers)] == [1, 0]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    answers = prefetch(lambda n: n, range(100), ahead=10, workers=3)
    next(answers)
    answers.close()
    assert threading.active_count() == before
