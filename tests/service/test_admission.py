"""Who may ask, how much, and what is said to those who may not; what the operator sees of it."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

from rumorscope.post import Verdict
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.app import create_app
from rumorscope.service.keys import add_key
from rumorscope.service.observing import json_logger
from rumorscope.service.settings import Settings
from service.browsing import served

SECRET = "swordfish"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load("compact", device="cpu")


@contextmanager
def asking(scorer: Scorer, log: io.StringIO | None = None, **settings: Any) -> Iterator[httpx2.Client]:
    app = create_app(scorer, Settings(**settings), log=json_logger(log or io.StringIO()))
    with served(app) as address, httpx2.Client(base_url=address, timeout=60) as client:
        yield client


def post(client: httpx2.Client, *texts: str, key: str | None = None, where: str = "score") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.post(f"/v1/{where}", json={"posts": [{"text": text} for text in texts]}, headers=headers)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_without_a_key_only_the_page_and_the_health_are_open(scorer: Scorer, tmp_path: Path) -> None:
    key = add_key(tmp_path / "keys.txt", "newsroom")
    log = io.StringIO()
    review = tmp_path / "audit.sqlite"
    with asking(scorer, log, keys=tmp_path / "keys.txt", review=review) as client:
        for path in ("/", "/api.js", "/healthz", "/readyz", "/openapi.json"):
            assert client.get(path).status_code == 200, path
        for path in ("/v1/detectors", "/v1/review/files", "/metrics"):
            refused = client.get(path)
            assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized"), path
            assert refused.headers["www-authenticate"] == "Bearer"
            bearer = {"Authorization": f"Bearer {key}"}
            assert client.get(path, headers=bearer).status_code == 200, path
        assert post(client, "a").status_code == 401
        assert post(client, "a", key=key + "x").status_code == 401
        assert post(client, "a", key=key).status_code == 200
        described = client.get("/openapi.json").json()
    assert described["paths"]["/v1/score"]["post"]["security"]
    scored = [line for line in lines(log) if line["route"] == "/v1/score"]
    assert [line.get("holder") for line in scored] == [None, None, "newsroom"]
    assert key not in log.getvalue()


def test_a_rate_is_of_posts_and_of_each_key(scorer: Scorer, tmp_path: Path) -> None:
    one, two = (add_key(tmp_path / "keys.txt", name) for name in ("one", "two"))
    with asking(scorer, keys=tmp_path / "keys.txt", rate="3/day", posts_per_request=3) as client:
        assert post(client, "a", "b", key=one).status_code == 200
        refused = post(client, "a", "b", key=one)
        assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert post(client, "a", key=one).status_code == 200  # what was refused was not counted
        assert post(client, "a", "b", "c", key=two).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": "many"}, "no rate"),
        ({"rate": "3/minute", "posts_per_request": 4}, "never lets"),
        ({"held_bytes": 10, "body_bytes": 11}, "never fit"),
    ],
)
def test_limits_that_can_never_work_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(**given)


def test_the_bodies_of_all_requests_are_bounded_together(scorer: Scorer) -> None:
    with asking(scorer, held_bytes=1000, body_bytes=1000) as client:
        fits, too_much = "a" * 700, "a" * 2000
        assert post(client, fits).status_code == post(client, fits).status_code == 200  # given back each time
        assert post(client, too_much).status_code == 413


class Stuck(Scorer):
    """Judges nothing until it is let."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.go = threading.Event()
        self.judged: list[str] = []

    def judge(self, prepared: Sequence[Any], *, explain: bool = False) -> list[Verdict]:
        texts = [one.post.text for one in prepared]
        if texts != ["warm-up"]:  # the warm-up is not held
            self.go.wait(60)
        self.judged += texts
        return super().judge(prepared, explain=explain)


def test_a_client_that_goes_away_leaves_the_queue(scorer: Scorer) -> None:
    stuck = Stuck(scorer.detector, scorer.calibration, name="micc", checkpoint="0")
    body = b'{"posts": [{"text": "leaves"}]}'
    head = (
        "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with asking(stuck) as client, ThreadPoolExecutor(1) as pool:

        def wait_for(waiting: int) -> None:
            while f"rumorscope_queue_posts {waiting}.0" not in client.get("/metrics").text:
                assert not stuck.go.is_set()

        stays = pool.submit(post, client, "stays")
        wait_for(1)
        with socket.create_connection((client.base_url.host, client.base_url.port)) as leaver:
            leaver.sendall(head.encode() + body)
            wait_for(2)
        wait_for(1)
        stuck.go.set()
        assert stays.result().status_code == 200
    assert stuck.judged == ["warm-up", "stays"]


def test_figures_count_requests_posts_and_batches(scorer: Scorer) -> None:
    with asking(scorer, queue_posts=70) as client:
        post(client, "a", "b", "")
        client.get(f"/{SECRET}")
        text = client.get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found[("rumorscope_requests_total", ("route", "/v1/score"), ("status", "200"))] == 1
    assert found[("rumorscope_requests_total", ("route", "other"), ("status", "404"))] == 1
    assert found[("rumorscope_posts_total", ("outcome", "error"))] == 1
    assert sum(value for (name, *_), value in found.items() if name == "rumorscope_posts_total") == 3
    assert found[("rumorscope_batch_posts_sum",)] == 3
    assert found[("rumorscope_queue_posts",)] == 0
    assert found[("rumorscope_queue_limit_posts",)] == 70
    assert SECRET not in text


class Failing(Scorer):
    """Fails over a post as a defect would, with its text in the message."""

    def judge(self, prepared: Sequence[Any], *, explain: bool = False) -> list[Verdict]:
        for one in prepared:
            if SECRET in str(one):
                raise ZeroDivisionError(f"cannot judge {one}")
        return super().judge(prepared, explain=explain)


def test_a_failure_is_its_own_requests_alone_and_tells_nothing(scorer: Scorer) -> None:
    failing = Failing(scorer.detector, scorer.calibration, name="micc", checkpoint="0")
    log = io.StringIO()
    with asking(failing, log) as client:
        answer = post(client, SECRET)
        assert (answer.status_code, answer.json()["error"]) == (500, "server")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert post(client, "calm").status_code == 200
        assert SECRET not in answer.text
    (failed,) = [line for line in lines(log) if line["event"] == "failed"]
    assert failed["kind"] == "ZeroDivisionError"
    assert "test_admission.py" in failed["place"]
    assert failed["request"] == answer.headers["x-request-id"]
    assert SECRET not in log.getvalue()


def test_no_way_through_the_service_leads_into_its_log(scorer: Scorer) -> None:
    log = io.StringIO()
    with asking(scorer, log) as client:
        json_body = {"posts": [{"id": SECRET, "text": SECRET, "images": [{"data": SECRET}]}]}
        sent = [
            client.post(f"/v1/score?{SECRET}=1", json=json_body),
            client.post("/v1/score", json={"posts": [{"id": SECRET, "text": SECRET}]}),
            client.post("/v1/explain", json={"posts": [{"id": SECRET, "text": SECRET}]}),
            client.post("/v1/score", content=SECRET, headers={"Content-Type": SECRET}),
            client.post("/v1/score", data={SECRET: SECRET}, files={"images": (SECRET, b"")}),
            client.post("/v1/score", json={}, headers={"Origin": f"https://{SECRET}.example"}),
            client.get(f"/{SECRET}", headers={"X-Request-ID": SECRET, "Authorization": f"Bearer {SECRET}"}),
            client.request("DELETE", "/v1/score", headers={"Host": f"{SECRET}.example"}),
        ]
    assert [answer.status_code for answer in sent] == [422, 200, 200, 415, 422, 403, 404, 400]
    told = lines(log)
    assert [line["status"] for line in told] == [answer.status_code for answer in sent]
    assert [line["request"] for line in told] == [answer.headers["x-request-id"] for answer in sent]
    assert [line.get("error") for line in told][:4] == ["invalid", None, None, "unreadable"]
    assert told[1]["posts"] == 1
    assert SECRET not in log.getvalue().lower()
