"""Triples by a chat model: any OpenAI-compatible endpoint, hosted or on one's own machine.

What it answers is kept (docs/claims.md), and what it costs is counted; posts' texts and the key are neither
logged nor kept.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import threading
from dataclasses import dataclass
from time import sleep
from typing import Any

from rumorscope.errors import InputError
from rumorscope.knowledge.extraction._answers import Answers
from rumorscope.knowledge.extraction._chat import MALFORMED, Chat, Reply
from rumorscope.knowledge.extraction._interface import Extraction, ExtractorConfig, TripleExtractor
from rumorscope.knowledge.extraction._prompt import PROMPT, messages, parse, shown_text, written
from rumorscope.post import Triple

TOKEN_LIMIT = "RUMORSCOPE_CHAT_TOKEN_LIMIT"  # noqa: S105  a variable's name

UNKEPT = "the cache of answers could not be used"
SPENT = f"the limit of tokens in {TOKEN_LIMIT} is reached"

_BACKOFF_SECONDS = 1.0  # before asking again, and up to as much again: not all at one moment
_LONGEST_WAIT_SECONDS = 30.0  # whoever asks for more is not asked again


@dataclass(frozen=True, slots=True)
class _Line:
    """What threads of one process share."""

    process: int
    chat: Chat
    free: threading.BoundedSemaphore


class EndpointExtractor(TripleExtractor):
    """Asks the endpoint that the environment names, unless the answer is known.

    Pickled, it takes the environment of where it arrives. Raises InputError where the client is not
    installed, a variable is missing or unusable, or answers cannot be kept.
    """

    def __init__(self, config: ExtractorConfig) -> None:
        super().__init__(config.most_triples)
        self.config = config
        self.texts_at_once = config.requests_at_once
        self._line = self._connect()
        self._answers = Answers()
        self._limit = _token_limit()

    @property
    def tokens_spent(self) -> int:
        """Since the cache was made."""
        return self._answers.spent()

    def __reduce__(self) -> tuple[Any, ...]:
        return EndpointExtractor, (self.config,)

    def _extract(self, text: str, language: str | None) -> Extraction:
        shown = shown_text(text)
        if not shown:
            return Extraction(())
        try:
            return self._known_or_asked(shown)
        except sqlite3.Error:
            return Extraction((), UNKEPT)

    def _known_or_asked(self, shown: str) -> Extraction:
        line = self._connected()
        key = self._key(shown)
        if (known := self._known(key)) is not None:
            return Extraction(known)
        with line.free:
            for is_last in (False, True):
                if self._limit is not None and self._answers.spent() >= self._limit:
                    return Extraction((), SPENT)
                triples, reply = self._asked(line.chat, shown)
                if triples is not None:
                    self._answers.keep(key, written(triples))
                    return Extraction(triples)
                wait = reply.wait_seconds
                if is_last or wait is None or wait > _LONGEST_WAIT_SECONDS:
                    break
                sleep(max(wait, _BACKOFF_SECONDS * (1 + random.random())))
        return Extraction((), reply.failure)

    def _asked(self, chat: Chat, shown: str) -> tuple[tuple[Triple, ...] | None, Reply]:
        question = messages(shown)
        reply = chat.ask(question)
        if reply.billed:
            self._answers.spend(_most_tokens(question, reply) if reply.tokens is None else reply.tokens)
        if reply.content is None:
            return None, reply
        return parse(reply.content), Reply(failure=MALFORMED, wait_seconds=0)

    def _known(self, key: bytes) -> tuple[Triple, ...] | None:
        kept = self._answers.get(key)
        return None if kept is None else parse(kept)

    def _key(self, shown: str) -> bytes:
        decides = (shown, self._line.chat.model, PROMPT, str(self.config.temperature))
        return hashlib.sha256("\0".join(decides).encode()).digest()

    def _connected(self) -> _Line:
        if self._line.process != os.getpid():
            self._line = self._connect()  # a forked process must not share sockets, nor who waits for them
        return self._line

    def _connect(self) -> _Line:
        config = self.config
        chat = Chat(config.model, config.timeout_seconds, config.temperature)
        return _Line(os.getpid(), chat, threading.BoundedSemaphore(config.requests_at_once))


def _most_tokens(question: list[dict[str, str]], reply: Reply) -> int:
    """More than an endpoint that does not count can have spent: no token is less than a byte."""
    return sum(len(message["content"].encode()) for message in question) + len((reply.content or "").encode())


def _token_limit() -> int | None:
    value = os.environ.get(TOKEN_LIMIT, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()):
        raise InputError(
            f"{TOKEN_LIMIT}={value!r} is no count of tokens; give a whole number such as 1000000"
        )
    return int(value)
