"""A chat endpoint on the loopback, which answers as a test says and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TRIPLES = [{"head": "shark", "relation": "AtLocation", "tail": "street"}]


@dataclass(frozen=True)
class Answer:
    """One answer: sent after `seconds`, and cut off after `sent_bytes`."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    sent_bytes: int | None = None
    drip_seconds: float = 0.0  # between bytes


def completion(content: Any, tokens: int | None = 100, **choice: Any) -> bytes:
    """A completion whose message says this; what is no string is written as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text, **choice.pop("message", {})}
    answer: dict[str, Any] = {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}]
    }
    if tokens is not None:
        answer["usage"] = {"prompt_tokens": tokens - 10, "completion_tokens": 10, "total_tokens": tokens}
    return json.dumps(answer).encode()


def good(triples: Any = None, tokens: int | None = 100, **how: Any) -> Answer:
    """Triples, as they should be answered."""
    return Answer(completion({"triples": TRIPLES if triples is None else triples}, tokens), **how)


class ChatServer(ThreadingHTTPServer):
    """Answers the given answers in turn, the last one for ever."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.arrived: list[float] = []
        self.most_at_once = 0
        self._at_once = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answer(self, request: dict[str, Any], headers: dict[str, str]) -> Answer:
        with self.lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.requests.append(request)
            self.headers.append(headers)
            self.arrived.append(time.monotonic())
            return self.answers[min(len(self.requests), len(self.answers)) - 1]

    def leave(self) -> None:
        with self.lock:
            self._at_once -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answer(request, {name.lower(): value for name, value in self.headers.items()})
        time.sleep(answer.seconds)
        self.server.leave()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if answer.drip_seconds:
            self._drip(answer)
        else:
            self.wfile.write(answer.body[: answer.sent_bytes])
        self.close_connection = True

    def _drip(self, answer: Answer) -> None:
        for byte in answer.body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(answer.drip_seconds)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(*answers: Answer) -> Iterator[ChatServer]:
    """A server in a thread, as long as the context lasts."""
    with ChatServer(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


Serve = Callable[..., ChatServer]
