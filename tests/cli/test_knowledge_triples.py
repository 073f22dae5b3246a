"""`rumorscope knowledge triples` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from knowledge.extraction.chat_server import Answer, good, serving
from rumorscope.cli import app
from rumorscope.errors import InputError

TEXTS = [
    "Obama is a Muslim",
    "Obama is a Muslim",
    "hm",
    "Sharks can swim",
    "The house has a pool. It is big.",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"id": str(n), "text": text, "label": n % 2, "split": "test" if n == 4 else "train"}
        for n, text in enumerate(TEXTS)
    ]
    (tmp_path / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["knowledge", "triples", *map(str, arguments)])


def words(*arguments: object) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_text_is_shown_as_triples() -> None:
    assert "obama IsA muslim" in words("Obama is a Muslim")
    assert words("hm") == "no triple was found"
    assert json.loads(run("Obama is a Muslim [b]", "--json").output) == {
        "text": "Obama is a Muslim [b]",
        "triples": [{"head": "obama", "relation": "IsA", "tail": "muslim"}],
        "failure": None,
    }
    assert "sharks CapableOf swim" in words("Sharks can swim. " + "x" * 5000)  # too long for a file's name


def test_a_folders_texts_are_counted_once_each(folder: Path) -> None:
    shown = words(folder)
    assert "5 posts 4 distinct texts 3 with a triple (75.0%) 1 no triple was found 3 triples" in shown
    counted = json.loads(run(folder, "--split", "train", "--json").stdout)
    assert (counted["posts"], counted["texts"], counted["with_triples"]) == (4, 3, 2)
    assert counted["without"] == {"no triple was found": 1}
    assert counted["share_with_triples"] == pytest.approx(2 / 3)
    assert counted["tokens_spent"] is None


def test_a_run_over_an_endpoint_goes_on_where_it_stood(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("RUMORSCOPE_CHAT_MODEL", "small")
    with serving(good(tokens=50), Answer(b"{}", 401), good(tokens=50)) as server:
        monkeypatch.setenv("RUMORSCOPE_CHAT_URL", server.url)
        counted = json.loads(run(folder, "--extractor", "endpoint", "--json").stdout)
        assert (counted["texts"], counted["with_triples"], counted["tokens_spent"]) == (4, 3, 150)
        assert counted["without"] == {"the endpoint answered with status 401": 1}
        assert len(server.requests) == 4
        shown = words(folder, "--extractor", "endpoint")
        assert "4 with a triple (100.0%)" in shown
        assert "200 tokens spent" in shown
        assert len(server.requests) == 5


def test_what_is_wrong_is_said(folder: Path) -> None:
    for arguments, said in (
        (("Obama is a Muslim", "--split", "train"), "is no folder"),
        ((folder, "--split", "dev"), "dev"),
        ((folder / "absent-folder-is-a-text", "--extractor", "endpoint"), "RUMORSCOPE_CHAT"),
        (("text", "--extractor", "spacy", "--model", "xx_none_such"), "xx_none_such"),
    ):
        failed = run(*arguments)
        assert isinstance(failed.exception, InputError), failed.output
        assert said in str(failed.exception)
