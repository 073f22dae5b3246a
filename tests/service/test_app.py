"""The service over HTTP, with the detector that the package carries."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from rumorscope.post import Post
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.app import create_app
from rumorscope.service.model import serving
from rumorscope.service.settings import Settings
from service.browsing import served
from tiny import tiny_picture

PICTURE = tiny_picture("teal", size=(320, 200))
TEXT = "Shark swims in the flooded street!"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load("compact")


@pytest.fixture(scope="module")
def client(scorer: Scorer) -> Iterator[httpx2.Client]:
    settings = Settings(body_bytes=100_000, posts_per_request=3)
    with (
        served(create_app(scorer, settings)) as address,
        httpx2.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def as_json(*posts: dict[str, Any]) -> dict[str, Any]:
    return {"posts": list(posts)}


def picture() -> dict[str, str]:
    return {"data": base64.b64encode(PICTURE).decode()}


def test_json_and_form_give_the_verdicts_of_the_scorer(client: httpx2.Client, scorer: Scorer) -> None:
    (expected,) = map(record, scorer([Post("1", TEXT, (PICTURE,))]))
    sent = client.post("/v1/score", json=as_json({"text": TEXT, "images": [picture()]}))
    form = client.post("/v1/score", data={"text": TEXT}, files={"images": ("a.png", PICTURE)})
    assert sent.status_code == form.status_code == 200
    for answer in (sent, form):
        (verdict,) = answer.json()["verdicts"]
        assert verdict.pop("evidence") is None
        assert verdict == expected


def test_many_posts_come_back_in_order_and_a_bad_one_is_a_verdict_with_its_error(
    client: httpx2.Client,
) -> None:
    broken = {"data": base64.b64encode(b"no picture").decode()}
    answer = client.post(
        "/v1/score",
        json=as_json({"id": "a", "text": TEXT}, {"id": "b", "images": [broken]}, {"text": "calm"}),
    ).json()
    assert [verdict["id"] for verdict in answer["verdicts"]] == ["a", "b", "3"]
    assert "not a readable picture" in answer["verdicts"][1]["error"]
    assert answer["verdicts"][0]["error"] is answer["verdicts"][2]["error"] is None


def test_explanations_come_as_json_page_and_claim_review(client: httpx2.Client) -> None:
    body = as_json({"text": TEXT, "images": [picture()]})
    answer = client.post("/v1/explain", json=body).json()
    assert answer["verdicts"][0]["evidence"]["regions"]
    assert len(answer["inputs"]) == 1
    page = client.post("/v1/explain", json=body, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!")
    review = client.post("/v1/explain", json=body, headers={"Accept": "application/ld+json"})
    assert review.json()["@type"] == "ClaimReview"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"json": {"posts": []}}, 422, "posts"),
        ({"json": as_json({"text": "secret", "label": "rumor"})}, 422, "label"),
        ({"json": as_json({"text": "a", "images": [{"data": "?"}]})}, 422, "base64"),
        ({"json": as_json(*({"text": "a"} for _ in range(4)))}, 422, "more than 3"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "JSON"),
        ({"content": b"text", "headers": {"Content-Type": "text/plain"}}, 415, "text/plain"),
        ({"json": as_json({"text": "a" * 200_000})}, 413, "100000 bytes"),
        ({"data": {"text": "a", "other": "b"}, "files": {"images": ("a", b"b")}}, 422, "other"),
    ],
)
def test_a_request_that_is_not_well_formed_is_told_why(
    client: httpx2.Client, sent: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post("/v1/score", **sent)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert "secret" not in answer.text


def test_a_body_without_a_length_is_bounded_too(client: httpx2.Client) -> None:
    blocks = (b" " * 10_000 for _ in range(30))
    answer = client.post("/v1/score", content=blocks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_the_detectors_say_what_answers(client: httpx2.Client, scorer: Scorer) -> None:
    answer = client.get("/v1/detectors").json()
    assert answer["serving"]["checkpoint"] == scorer.checkpoint
    assert answer["serving"]["training_posts"] == 11895
    assert {"micc", "kecl"} <= {one["name"] for one in answer["detectors"]}


def test_every_answer_forbids_what_is_from_elsewhere(client: httpx2.Client) -> None:
    for path in ("/", "/healthz", "/readyz", "/v1/detectors", "/nothing"):
        assert "default-src 'none'" in client.get(path).headers["content-security-policy"]


def test_a_page_of_another_site_can_send_nothing(client: httpx2.Client) -> None:
    own = str(client.base_url).rstrip("/")
    body = as_json({"text": TEXT})
    assert client.post("/v1/score", json=body, headers={"Origin": own}).status_code == 200
    foreign = client.post("/v1/score", json=body, headers={"Origin": "https://example.org"})
    assert (foreign.status_code, foreign.json()["error"]) == (403, "foreign")
    assert client.get("/v1/detectors", headers={"Host": "example.org"}).status_code == 400


def test_every_reference_of_the_description_leads_somewhere(client: httpx2.Client) -> None:
    schema = client.get("/openapi.json").json()
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(schema)))
    assert "components/schemas/GivenPost" in references
    for reference in references:
        found = schema
        for name in reference.split("/"):
            found = found[name]


def test_a_detector_of_another_checkpoint_has_no_card(scorer: Scorer) -> None:
    assert serving(scorer).card is not None
    other = Scorer(scorer.detector, scorer.calibration, name="micc", checkpoint="0", folder=scorer.folder)
    assert serving(other).card is None


def test_settings_that_can_never_work_are_refused() -> None:
    with pytest.raises(ValidationError, match="never fit"):
        Settings(queue_posts=2, posts_per_request=3)
