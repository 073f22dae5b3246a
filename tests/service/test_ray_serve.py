"""The service on Ray Serve answers as it does alone."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator

import httpx2
import pytest
import ray

from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.ray_serve import Arguments, build

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of pydantic, at Ray's own models
    from ray import serve

TEXT = "Shark swims in the flooded street!"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 2**20)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(build(Arguments(runtime="torch")))
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()
    ray.shutdown()


def test_it_answers_as_the_scorer_does(address: str) -> None:
    with httpx2.Client(base_url=address, timeout=120) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        answer = client.post("/v1/score", json={"posts": [{"text": TEXT}]})
        assert client.get("/").headers["content-type"].startswith("text/html")
    (expected,) = map(record, Scorer.load("compact", device="cpu", runtime="torch")([Post("1", TEXT)]))
    (verdict,) = answer.json()["verdicts"]
    probability = expected.pop("rumor_probability")
    assert verdict.pop("rumor_probability") == pytest.approx(probability, abs=1e-5)
    assert verdict.pop("evidence") is None
    assert verdict == expected


def test_a_review_queue_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUMORSCOPE_REVIEW", "audit.sqlite")
    with pytest.raises(InputError, match="one process's"):
        build(Arguments())
