from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rumorscope.service.errors import answer_errors
from rumorscope.service.review import routes
from rumorscope.service.review.routes import review_router
from rumorscope.service.review.store import ReviewStore
from service.review.filed import ROWS, write


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """The routes alone, and the user's mistakes told as everywhere in the service."""
    app = FastAPI()
    app.include_router(review_router(ReviewStore(tmp_path / "audit.sqlite")))
    answer_errors(app)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def loaded(client: TestClient, tmp_path: Path) -> dict[str, object]:
    verdicts = write(tmp_path / "v.jsonl", (*ROWS, "{")).read_bytes()
    answer = client.post("/v1/review/files", params={"name": "v.jsonl"}, content=verdicts)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_file_is_loaded_and_its_texts_beside_it(client: TestClient, loaded: dict[str, object]) -> None:
    assert (loaded["rows"], loaded["bad"], loaded["texts"]) == (5, 1, 0)
    posts = b"".join(json.dumps({"id": row["id"], "text": "text"}).encode() + b"\n" for row in ROWS[:3])
    answer = client.post(
        f"/v1/review/files/{loaded['id']}/posts", params={"name": "posts.JSONL"}, content=posts
    )
    assert answer.json()["texts"] == 3
    assert client.get("/v1/review/files").json() == [answer.json()]


def test_the_queue_is_asked_for_a_page(client: TestClient, loaded: dict[str, object]) -> None:
    page = client.get("/v1/review/items", params={"size": 2, "file": loaded["id"]}).json()
    assert [item["verdict"]["id"] for item in page["items"]] == ["torn", "near"]
    assert page["total"] == 5
    assert client.get("/v1/review/items", params={"file": 99}).json() == {"items": [], "total": 0}


def test_decisions_are_recorded_exported_and_verified(client: TestClient, loaded: dict[str, object]) -> None:
    given = {"item": 1, "decision": "rumor", "reviewer": " Reviewer One ", "note": "seen"}
    entry = client.post("/v1/review/decisions", json=given).json()
    assert (entry["entry"], entry["reviewer"], entry["file_sha256"]) == (1, "Reviewer One", loaded["sha256"])
    assert client.get("/v1/review/verify").json() == {
        "intact": True, "entries": 1, "head": entry["hash"], "broken": None,
    }  # fmt: skip
    lines = client.get("/v1/review/export")
    assert [json.loads(line) for line in lines.text.splitlines()] == [entry]
    assert "attachment" in lines.headers["content-disposition"]
    table = client.get("/v1/review/export", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"item": 0},
        {"item": 99},
        {"item": 2**70},
        {"decision": "maybe"},
        {"reviewer": "  "},
        {"note": "x" * 10_001},
        {"more": 1},
    ],
)
def test_a_faulty_decision_is_refused(
    client: TestClient, loaded: dict[str, object], changes: dict[str, object]
) -> None:
    given = {"item": 1, "decision": "rumor", "reviewer": "R"} | changes
    assert client.post("/v1/review/decisions", json=given).status_code == 422
    assert client.get("/v1/review/verify").json()["entries"] == 0


def test_faulty_files_are_refused_and_nothing_of_them_is_left(
    client: TestClient, loaded: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = client.post("/v1/review/files", params={"name": "x"}, content=b"not a verdict\n")
    assert refused.status_code == 422
    assert "no line is a verdict" in refused.json()["detail"]
    posts = {"params": {"name": "posts.exe"}, "content": b"x"}
    assert (
        "must end in .jsonl, .csv, .parquet"
        in client.post("/v1/review/files/1/posts", **posts).json()["detail"]
    )
    posts = {"params": {"name": "posts.parquet"}, "content": b"no parquet"}
    assert client.post("/v1/review/files/1/posts", **posts).status_code == 422
    assert (
        client.post("/v1/review/files/99/posts", params={"name": "p.csv"}, content=b"id,text\n").status_code
        == 422
    )
    monkeypatch.setattr(routes, "MAX_FILE_BYTES", 10)
    large = client.post("/v1/review/files", params={"name": "x"}, content=b"x" * 11)
    assert large.status_code == 413
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".upload")] == []
    assert len(client.get("/v1/review/files").json()) == 1
