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


class KeyRefusedError(RumorscopeError):
    """A key is missing, or unknown."""


class GoneError(RumorscopeError):
    """Nobody waits for the answer any more."""


class RefusedError(RumorscopeError):
    """Too much for now; `retry_after_seconds` says when to try again."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(f"{message}; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class BusyError(RefusedError):
    """The queue is full, or as many bytes are held as may be."""


class RateError(RefusedError):
    """One caller asks for more than its share."""

    def __init__(self, rate: str, retry_after_seconds: int) -> None:
        super().__init__(f"more than {rate} posts", retry_after_seconds)


STATUS: dict[type[Exception], tuple[int, str]] = {
    InputError: (422, "invalid"),
    KeyRefusedError: (401, "unauthorized"),
    MediaTypeError: (415, "unreadable"),
    TooLargeError: (413, "too_large"),
    ForeignPageError: (403, "foreign"),
    BusyError: (429, "busy"),
    RateError: (429, "rate_limited"),
    GoneError: (499, "gone"),  # nobody reads it; the log does
    NotReadyError: (503, "not_ready"),
    TooSlowError: (504, "timeout"),
}
"""Of each kind of error, the status and the word for programs."""


def answer_errors(app: FastAPI) -> None:
    """Have every error that is told apart answered as `Problem`."""
    for kind in STATUS:
        app.add_exception_handler(kind, problem)


async def problem(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of the kinds above."""
    status, word = next(found for kind, found in STATUS.items() if isinstance(error, kind))
    request.state.error = word
    return JSONResponse({"detail": str(error), "error": word}, status_code=status, headers=_headers(error))


def _headers(error: Exception) -> dict[str, str] | None:
    if isinstance(error, RefusedError):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, KeyRefusedError) else None
