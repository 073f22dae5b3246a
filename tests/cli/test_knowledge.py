"""`rumorscope knowledge build` and `ask` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rumorscope.cli import app
from rumorscope.errors import InputError

TRIPLES = "UsedFor\ttelescope\tlook at stars\nIsA\thubble telescope\ttelescope\nIsA\tdog\tpet\t0\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "triples.txt"
    path.write_text(TRIPLES)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["knowledge", *map(str, arguments)])


def test_build_accounts_for_every_line_and_does_nothing_twice(source: Path, tmp_path: Path) -> None:
    built = run("build", source, "--to", tmp_path / "store", "--languages", "en")
    assert built.exit_code == 0, built.output
    words = " ".join(built.output.split())
    assert "2 kept triples.txt" in words
    assert "1 marked as false" in words
    assert "holds 2 triples of 3 terms" in words
    again = run("build", source, "--to", tmp_path / "store", "--languages", "en")
    assert "nothing has changed" in " ".join(again.output.split())


def test_ask_shows_both_directions_and_how_the_term_was_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUMORSCOPE_KNOWLEDGE", str(tmp_path / "new" / "store"))
    assert run("build", source).exit_code == 0  # without --to: where ask looks
    words = " ".join(run("ask", "the broken telescopes").output.split())
    assert "“the broken telescopes” → “telescope” (en), by its dictionary form" in words
    assert "of which only “telescopes” is known" in words
    assert "telescope UsedFor look at stars 1.00" in words
    assert "hubble telescope IsA telescope 1.00" in words
    assert "2 of 2 triples" in words
    assert "1 of 2 triples" in run("ask", "telescope", "--most", 1).output


def test_ask_as_json(source: Path, tmp_path: Path) -> None:
    run("build", source, "--to", tmp_path / "store")
    found = json.loads(run("ask", "hubble telescope", "--store", tmp_path / "store", "--json").output)
    assert found["link"] == {
        "phrase": "hubble telescope",
        "term": "hubble telescope",
        "language": "en",
        "match": "as written",
        "whole": True,
    }
    assert found["triples"][0]["tail"] == "telescope"
    assert found["known_triples"] == 1
    nothing = json.loads(run("ask", "unicorn", "--store", tmp_path / "store", "--json").output)
    assert (nothing["link"], nothing["triples"]) == (None, [])


def test_nothing_known_is_said(source: Path, tmp_path: Path) -> None:
    run("build", source, "--to", tmp_path / "store")
    assert (
        "nothing is known of “[b]unicorn”" in run("ask", "[b]unicorn", "--store", tmp_path / "store").output
    )


def test_a_missing_store_is_the_users_error(tmp_path: Path) -> None:
    failed = run("ask", "dog", "--store", tmp_path / "absent")
    assert isinstance(failed.exception, InputError)
    assert "rumorscope knowledge build" in str(failed.exception)
