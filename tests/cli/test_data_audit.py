"""`rumorscope data audit` as a person types it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rumorscope.cli import app
from rumorscope.data.manifest import load_manifest
from rumorscope.data.split_file import write_split
from rumorscope.data.splitting import make_split
from rumorscope.errors import InputError
from rumorscope.evaluation.audit import Audit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty posts of four events, each event of one label; the published split shares no event."""
    rows = [
        {
            "id": hashlib.md5(str(row).encode()).hexdigest(),
            "text": f"said {row} of {row * row} and {row**3}",
            "event": "abcd"[row % 4],
            "label": row % 2,
            "split": "test" if row % 4 > 1 else "train",
        }
        for row in range(40)
    ]
    made = tmp_path / "made"
    made.mkdir()
    (made / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "audit", *map(str, arguments)])


def test_it_prints_the_sentence_and_writes_everything(folder: Path) -> None:
    done = run(folder, "--json", folder / "audit.json")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("This split can be trusted: no test post has")
    stored = Audit.from_dict(json.loads((folder / "audit.json").read_text(encoding="utf-8")))
    assert stored.trusted
    assert stored.sentence in " ".join(done.stdout.split())


def test_it_audits_a_split_file(folder: Path) -> None:
    manifest = load_manifest(folder)
    write_split(make_split(manifest, "random", seed=0, ratios=(0.5, 0, 0.5)), folder / "random.json")
    done = run(folder, "--split-file", folder / "random.json")
    assert done.exit_code == 0, done.output
    assert " ".join(done.stdout.split()).startswith(
        "Do not trust this split: 100.0% of the test posts are about an event of the training posts, and "
        "looking it up scores 1.000"
    )


def test_a_fold_is_picked_by_its_name(folder: Path) -> None:
    write_split(make_split(load_manifest(folder), "leave_one_event_out"), folder / "events.json")
    done = run(folder, "--split-file", folder / "events.json", "--fold", "b")
    assert done.exit_code == 0, done.output
    assert isinstance(run(folder, "--split-file", folder / "events.json").exception, InputError)


def test_a_fold_needs_its_file(folder: Path) -> None:
    assert "give the file with --split-file" in str(run(folder, "--fold", "b").exception)
