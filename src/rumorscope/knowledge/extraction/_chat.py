"""One question to an OpenAI-compatible chat endpoint: its answer, or why there is none."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from rumorscope.errors import InputError
from rumorscope.knowledge.extraction._optional import optional
from rumorscope.knowledge.extraction._prompt import SCHEMA

URL, MODEL, KEY = "RUMORSCOPE_CHAT_URL", "RUMORSCOPE_CHAT_MODEL", "RUMORSCOPE_CHAT_KEY"

LATE = "the endpoint did not answer in time"
UNREACHABLE = "the endpoint could not be reached, or broke off"
MALFORMED = "the endpoint's answer was malformed"
TOO_LONG = "the endpoint's answer was too long"
REFUSED = "the endpoint's model refused"
STATUS = "the endpoint answered with status {}"

_MOST_BYTES = 1 << 20  # of an answer; triples take a hundredth of it
_MOST_TOKENS = 2048  # likewise


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request came to."""

    content: str | None = None
    failure: str | None = None
    tokens: int | None = None  # as the endpoint counts them; None where it does not say
    billed: bool = True  # whether the endpoint may have spent tokens on it
    wait_seconds: float | None = None  # at least, before it is worth asking again; None where it is not


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    total_tokens: int = Field(ge=0, le=10**9)  # the total must stay a number that SQLite can count on


class _Completion(BaseModel):
    choices: list[_Choice]


class _Billed(BaseModel):
    usage: _Usage


class Chat:
    """The endpoint that the environment names. Safe for threads; not to be shared with a forked process.

    Raises InputError where the `openai` client or a variable is missing or unusable.
    """

    def __init__(self, model: str | None, timeout_seconds: float, temperature: float) -> None:
        self._openai, self._httpx = optional("openai", "chat"), optional("httpx2", "chat")
        self.model = model or _variable(MODEL)
        self._timeout, self._temperature = timeout_seconds, temperature
        self._client = self._openai.OpenAI(
            base_url=_url(),
            api_key=_key(),
            timeout=timeout_seconds,
            max_retries=0,
            http_client=self._httpx.Client(follow_redirects=False),  # posts go nowhere else
        )
        self._client.organization = self._client.project = None  # those of OpenAI's own variables

    def ask(self, messages: list[dict[str, str]]) -> Reply:
        """Send one request. Whatever becomes of it is a reply, and never an exception."""
        try:
            return self._answered(self._read(messages))
        except (self._openai.APITimeoutError, self._httpx.TimeoutException, TimeoutError):
            return Reply(failure=LATE, wait_seconds=0)
        except self._openai.APIStatusError as error:
            status = error.status_code
            again = status == 429 or status >= 500
            wait = _asked_to_wait(error.response.headers.get("retry-after")) if again else None
            return Reply(failure=STATUS.format(status), billed=False, wait_seconds=wait)
        except (self._openai.OpenAIError, self._httpx.HTTPError, OSError) as error:
            # Where nobody listened nothing was spent: else a server that is down would use up the limit.
            billed = not isinstance(error.__cause__, self._httpx.ConnectError)
            return Reply(failure=UNREACHABLE, billed=billed, wait_seconds=0)
        except ValueError:  # too long, or encoded as nobody can read it
            return Reply(failure=TOO_LONG)

    def _read(self, messages: list[dict[str, str]]) -> bytes:
        """The body, bounded in bytes and in time: a slow endpoint could keep one waiting byte by byte."""
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        with self._client.chat.completions.with_streaming_response.create(
            **self._request(messages)
        ) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise ValueError
                if time.monotonic() > deadline:
                    raise TimeoutError
        return bytes(body)

    def _request(self, messages: list[dict[str, str]]) -> dict[str, Any]:
        schema = {"name": "claims", "strict": True, "schema": SCHEMA}
        return {
            "model": self.model,
            "messages": messages,
            "temperature": self._temperature,
            "max_completion_tokens": _MOST_TOKENS,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }

    def _answered(self, body: bytes) -> Reply:
        tokens = _tokens(body)
        try:
            choice = _Completion.model_validate_json(body).choices[0]
        except (ValidationError, IndexError):
            return Reply(failure=MALFORMED, tokens=tokens, wait_seconds=0)
        if choice.finish_reason == "length":
            return Reply(failure=TOO_LONG, tokens=tokens)
        if choice.message.refusal or choice.finish_reason == "content_filter":
            return Reply(failure=REFUSED, tokens=tokens)
        if choice.message.content is None:
            return Reply(failure=MALFORMED, tokens=tokens, wait_seconds=0)
        return Reply(choice.message.content, tokens=tokens)


def _tokens(body: bytes) -> int | None:
    try:
        return _Billed.model_validate_json(body).usage.total_tokens
    except ValidationError:
        return None


def _asked_to_wait(retry_after: str | None) -> float:
    """Seconds, from either form of the header (RFC 9110, section 10.2.3); 0 where there is none."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return 0.0
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _variable(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise InputError(
            f"the variable {name} is not set; a chat endpoint needs {URL} (such as "
            f"http://localhost:11434/v1) and {MODEL}, and {KEY} where it asks for a key"
        )
    return value


def _url() -> str:
    url = _variable(URL)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputError(f"{URL} is no address; give one such as http://localhost:11434/v1") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{URL} is no address of http or https; give one such as http://localhost:11434/v1")
    return url


def _key() -> str:
    key = os.environ.get(KEY, "").strip() or "none"  # servers on one's own machine ask for none
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InputError(f"{KEY} holds characters that no key has; copy it again")  # never show it
    return key
