"""What can go wrong with a request, and each one's status and words: in one place."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from rumorscope.errors import InputError, NotReadyError, RumorscopeError


class TooLargeError(RumorscopeError):
    """A body is larger than is allowed."""


class MediaTypeError(RumorscopeError):
    """A body is of a kind that is not read, or an answer was asked for that is not written."""


class ForeignPageError(RumorscopeError):
    """A page of another site has a browser send something here."""


class TooSlowError(RumorscopeError):
    """A request's time is over."""


class BusyError(RumorscopeError):
    """The queue is full; `retry_after_seconds` is when, at the present rate, there should be room."""

    def __init__(self, waiting: int, retry_after_seconds: int) -> None:
        super().__init__(f"{waiting} posts are waiting already; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


_STATUS: dict[type[Exception], tuple[int, str]] = {
    InputError: (422, "invalid"),
    MediaTypeError: (415, "unreadable"),
    TooLargeError: (413, "too_large"),
    ForeignPageError: (403, "foreign"),
    BusyError: (429, "busy"),
    NotReadyError: (503, "not_ready"),
    TooSlowError: (504, "timeout"),
}


def answer_errors(app: FastAPI) -> None:
    """Have every error that is told apart answered as `Problem`."""
    for kind in _STATUS:
        app.add_exception_handler(kind, problem)


async def problem(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of the kinds above."""
    status, word = next(found for kind, found in _STATUS.items() if isinstance(error, kind))
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, BusyError) else None
    return JSONResponse({"detail": str(error), "error": word}, status_code=status, headers=headers)
