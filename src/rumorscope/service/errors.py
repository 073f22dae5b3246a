"""What went wrong → the answer's status and its words, in one place."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from rumorscope.errors import InputError, NotReadyError
from rumorscope.service.batching import BusyError
from rumorscope.service.reading import MediaTypeError, TooLargeError


class TooSlowError(Exception):
    """The request's time is over."""


_STATUS: dict[type[Exception], tuple[int, str]] = {
    InputError: (422, "invalid"),
    MediaTypeError: (415, "unreadable"),
    TooLargeError: (413, "too_large"),
    BusyError: (429, "busy"),
    NotReadyError: (503, "not_ready"),
    TooSlowError: (504, "timeout"),
}


def answer_errors(app: FastAPI) -> None:
    """Have every error that is told apart answered as `Problem`."""
    for kind in _STATUS:
        app.add_exception_handler(kind, _problem)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    status, word = next(found for kind, found in _STATUS.items() if isinstance(error, kind))
    headers = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, NotReadyError):
        headers["Retry-After"] = "2"
    return JSONResponse({"detail": str(error), "error": word}, status_code=status, headers=headers)
