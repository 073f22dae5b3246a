"""The page's files, and the policy that browsers show them under: nothing from elsewhere, nothing inline."""

from __future__ import annotations

from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette

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
