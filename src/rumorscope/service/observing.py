"""What the operator sees: a line of log a request, and figures for Prometheus. Neither holds a post.

A line tells the time, the request's number, its route, status, seconds and posts, the key's holder, and
what kind of error it ended in: no text, picture, id, address or key, and no message, which may quote one.
"""

from __future__ import annotations

import secrets
import sys
import time
import traceback
from typing import Any, TextIO

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rumorscope.service.metrics import Metrics
from rumorscope.service.site import HEADERS

REQUEST_ID = "X-Request-ID"


def json_logger(to: TextIO | None = None) -> Any:
    """Writes one JSON object a line, to the standard error output unless told otherwise."""
    return structlog.wrap_logger(
        structlog.PrintLogger(to or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


class Observer:
    """Numbers every request, measures it, and logs it; what nobody expected is answered as a plain 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Any) -> None:
        self.app = app
        self.metrics = metrics
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, started = secrets.token_hex(8), time.perf_counter()
        status = 499  # where nothing was answered, nobody waited

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = number
            await send(message)

        state = scope.setdefault("state", {})
        try:
            await self.app(scope, receive, numbered)
        except Exception as error:  # noqa: BLE001  # the log tells of it, and the client of no detail
            state["error"] = "server"
            self.log.error("failed", request=number, **_place(error))
            if status == 499:
                await _failure()(scope, receive, numbered)
        seconds = time.perf_counter() - started
        self._tell(scope, status, seconds, number)

    def _tell(self, scope: Scope, status: int, seconds: float, number: str) -> None:
        route, state = _route(scope), scope["state"]
        self.metrics.request(route, status, seconds)
        told = {name: state[name] for name in ("holder", "posts", "error") if state.get(name) is not None}
        self.log.info(
            "request",
            request=number,
            method=_METHODS.get(scope["method"], "other"),
            route=route,
            status=status,
            seconds=round(seconds, 4),
            **told,
        )


_METHODS = {name: name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


def _route(scope: Scope) -> str:
    """The route as it was declared; never the path asked for, which can be anything."""
    return str(getattr(scope.get("route"), "path", "other"))


def _place(error: Exception) -> dict[str, str]:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return {"kind": type(error).__name__, "place": f"{frame.filename}:{frame.lineno} {frame.name}"}


def _failure() -> JSONResponse:
    told = {"detail": "the service failed; its log says where", "error": "server"}
    return JSONResponse(told, status_code=500, headers=HEADERS)
