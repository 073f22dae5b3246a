"""Who asks, whether they may, and how much."""

from __future__ import annotations

import math
import time
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from rumorscope.service.errors import KeyRefusedError, RateError
from rumorscope.service.keys import Keys

_BEARER = HTTPBearer(auto_error=False, description="a key that `rumorscope key` made")


def needs_key(keys: Keys) -> Dependency:
    """For routes that are not for everybody: raises KeyRefusedError before the body is read."""

    def admit(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> None:
        holder = keys.holder(given.credentials) if given else None
        if holder is None:
            raise KeyRefusedError("this needs a key: send it as 'Authorization: Bearer KEY'")
        request.state.holder = holder

    dependency: Dependency = Depends(admit)
    return dependency


class Rates:
    """How many posts a key's holder, or an address without one, may have judged in a while."""

    def __init__(self, rate: str | None) -> None:
        self._rate = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, request: Request, posts: int) -> None:
        """Count the posts of a request. Raises RateError, with nothing counted, where they are too many."""
        if self._rate is None:
            return
        who = getattr(request.state, "holder", None)
        named = f"key {who}" if who else f"address {request.client.host if request.client else 'unknown'}"
        if self._limiter.hit(self._rate, named, cost=posts):
            return
        opens = self._limiter.get_window_stats(self._rate, named).reset_time
        raise RateError(str(self._rate), max(1, math.ceil(opens - time.time())))
