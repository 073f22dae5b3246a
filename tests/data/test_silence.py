from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from rumorscope.data.silence import silenced_warnings


def test_silent_inside_and_as_before_outside() -> None:
    before = list(warnings.filters)
    with silenced_warnings(), silenced_warnings():
        warnings.warn("a flaw", stacklevel=1)
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="a flaw"):
        warnings.warn("a flaw", stacklevel=1)


def test_threads_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    second_is_in = threading.Event()
    first_is_out = threading.Event()

    def first() -> None:
        with silenced_warnings():
            assert second_is_in.wait(5)
        first_is_out.set()

    def second() -> None:
        with silenced_warnings():
            second_is_in.set()
            assert first_is_out.wait(5)
            warnings.warn("still silent", stacklevel=1)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    assert warnings.filters == before
