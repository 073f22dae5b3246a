"""docs/service.md: its examples work, its answers are the service's, its tables are complete."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from rumorscope.service.errors import STATUS
from rumorscope.service.settings import Settings
from tiny import tiny_picture

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
DOCUMENTED = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(bash|python|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
ENDING_SECONDS = 60  # two slow cores that others use, too


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """The address of a service in a process of its own, which ends as it was told to."""
    command = [sys.executable, "-c", "from rumorscope.cli import main; main()", "serve", "--port", "0"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, *options], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    with process.stdout:
        try:
            said = process.stdout.readline()
            found = re.search(r"http://[\d.:]+", said)
            assert found, (said, (folder / "log").read_text())
            yield found[0]
            process.send_signal(signal.SIGTERM)
            process.wait(ENDING_SECONDS)
        finally:
            process.kill()
            process.wait()


def examples(text: str) -> list[tuple[str, str, str | None]]:
    """Each example's language and code, and the answer that the page shows right after it."""
    blocks = BLOCK.findall(text)
    following = [*blocks[1:], ("", "")]
    return [
        (language, code, answer if kind in ("json", "text") else None)
        for (language, code), (kind, answer) in zip(blocks, following, strict=True)
        if language in ("bash", "python")
    ]


def check(example: tuple[str, str, str | None], address: str, folder: Path) -> None:
    """Run an example, and compare what it says with what the page says that it says."""
    language, code, shown = example
    program = ["bash", "-euo", "pipefail", "-c"] if language == "bash" else [sys.executable, "-c"]
    run = subprocess.run(
        [*program, code.replace(DOCUMENTED, address)],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=ENDING_SECONDS, check=False,
    )  # fmt: skip
    assert run.returncode == 0, (code, run.stderr)
    said = run.stdout
    if shown is None:
        assert '"error":"' not in said, (code, said)
    elif shown.startswith("{"):
        assert close(json.loads(said), json.loads(shown)), (code, said)
    else:
        assert said == shown, code


def close(found: Any, shown: Any) -> bool:
    """Whether two answers are the same, but for the last digits of numbers."""
    if isinstance(shown, float):
        return bool(found == pytest.approx(shown, abs=1e-3))
    if isinstance(shown, dict):
        return found.keys() == shown.keys() and all(close(found[name], shown[name]) for name in shown)
    if isinstance(shown, list):
        return len(found) == len(shown) and all(map(close, found, shown))
    return bool(found == shown)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_examples_of_the_page_work_and_answer_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "shark.png").write_bytes(tiny_picture("teal", size=(320, 200)))
    open_to_all, with_keys = PAGE.split("\n## Keys\n")
    shown = examples(open_to_all)
    assert len(shown) >= 7
    with serving(tmp_path) as address:
        for example in shown:
            check(example, address, tmp_path)
    assert json.loads((tmp_path / "evidence.json").read_text())["verdicts"][0]["evidence"]["regions"]
    assert (tmp_path / "case.html").read_text().startswith("<!")
    assert json.loads((tmp_path / "claim-review.json").read_text())["@type"] == "ClaimReview"

    make_key, *asking = examples(with_keys)
    check(make_key, "", tmp_path)
    assert len(asking) == 2
    with serving(tmp_path, "--keys", "keys.txt") as address:
        for example in asking:
            check(example, address, tmp_path)


def settings_table() -> str:
    """Every setting with its default, as the page shows them."""
    rows = ["| setting | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        assert field.default is not PydanticUndefined
        default = json.dumps(field.default)
        rows.append(f"| `{name}` | {'none' if default == 'null' else f'`{default}`'} | {field.description} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    assert settings_table() in PAGE, f"docs/service.md, Settings, must hold:\n{settings_table()}"


def test_the_table_of_errors_is_that_of_the_code() -> None:
    rows = {
        (int(status), word) for status, word in re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    }
    assert rows == set(STATUS.values()) - {(499, "gone")} | {(500, "server")}
