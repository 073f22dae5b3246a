"""`rumorscope serve` as a process of its own, told to stop while it works."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from rumorscope.cli import app
from rumorscope.errors import InputError
from tiny import tiny_picture

MANY = 16


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    command = [
        sys.executable,
        "-c",
        "from rumorscope.cli import main; main()",
        "serve",
        "--port",
        "0",
        *options,
    ]
    variables = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=variables) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[1]
            with httpx2.Client(base_url=address, timeout=120) as client:
                yield process, client
        finally:
            process.kill()


def until_accepted(client: httpx2.Client, posts: dict[str, Any]) -> httpx2.Response:
    """The answer, asked for again while the queue has no room."""
    while (answer := client.post("/v1/explain", json=posts)).status_code == 429:
        pass
    return answer


def test_what_was_accepted_is_answered_before_it_stops() -> None:
    full = {"RUMORSCOPE_QUEUE_POSTS": str(MANY), "RUMORSCOPE_POSTS_PER_REQUEST": str(MANY)}
    picture = {"data": base64.b64encode(tiny_picture("teal", size=(320, 200))).decode()}
    posts = [{"text": f"Shark number {number} in the street!", "images": [picture]} for number in range(MANY)]
    with serving(**full) as (process, client), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(until_accepted, client, {"posts": posts})
        while client.post("/v1/score", json={"posts": [{"text": "one more"}]}).status_code != 429:
            assert not asked.done(), "the queue was never seen full"
        process.send_signal(signal.SIGTERM)  # one post has no room: so the others are in
        answer = asked.result()
        assert answer.status_code == 200
        assert len(answer.json()["verdicts"]) == MANY
        assert process.wait(60) == -signal.SIGTERM  # as a shell expects of a program that a signal ended


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from rumorscope.cli import main; main()", "serve", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert f"cannot listen on port {port}" in done.stderr


def test_settings_of_the_environment_are_checked() -> None:
    command = [sys.executable, "-c", "from rumorscope.cli import main; main()", "serve"]
    variables = os.environ | {"RUMORSCOPE_MAX_BATCH": "many"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=variables)
    assert done.returncode == 2
    assert "max_batch" in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_it_is_not_opened_to_others_without_keys(host: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", host])
    assert isinstance(result.exception, InputError)
    assert f"--host {host} opens the service to others" in str(result.exception)


def test_a_key_is_printed_once_and_opens_the_service(tmp_path: Path) -> None:
    key = CliRunner().invoke(app, ["key", "newsroom", "--keys", str(tmp_path / "keys.txt")]).stdout.strip()
    with serving("--host", "0.0.0.0", RUMORSCOPE_KEYS=str(tmp_path / "keys.txt")) as (_, client):
        other = f"http://127.0.0.2:{client.base_url.port}/v1/detectors"  # no name that is allowed by default
        assert httpx2.get(other, timeout=120).status_code == 401
        opened = httpx2.get(other, timeout=120, headers={"Authorization": f"Bearer {key}"})
        assert opened.status_code == 200
