"""The page's files, and the policy that browsers show them under: nothing from elsewhere, nothing inline."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rumorscope.service.errors import ForeignPageError, problem

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",  # the reader's own pictures, shown before and after they are sent
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""For every answer of the service. The printable page brings a stricter policy of its own."""


def mount_page(app: Starlette) -> None:
    """Serve the page at "/"; to be called once every other route is there, since it takes what is left."""
    app.mount("/", StaticFiles(packages=[("rumorscope.service", "page")], html=True), name="page")


class Guard:
    """Adds the headers to every answer that does not bring its own, and takes nothing from foreign pages.

    A browser tells with every request that may change something which page sent it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _is_foreign(Headers(scope=scope)):
            error = ForeignPageError("a page of another site sent this; open the service's own page")
            refusal = await problem(Request(scope), error)
            await refusal(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)


def _is_foreign(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
