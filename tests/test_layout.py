"""The folders are the steps of one pipeline: imports point only upwards in this list."""

from __future__ import annotations

import ast
from pathlib import Path

import rumorscope

PIPELINE = (
    "errors", "post", "config", "data", "encoders", "layers", "losses", "knowledge", "forensics", "detectors",
    "training", "evaluation", "explanation", "runtime", "scoring", "reporting", "cli",
)  # fmt: skip
SIBLINGS = {"service": "cli"}
ROOT = Path(rumorscope.__file__).parent


def _step(name: str) -> int:
    return PIPELINE.index(SIBLINGS.get(name, name))


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        names |= {module.split(".")[1] for module in modules if module.startswith("rumorscope.")}
    return names


def test_imports_point_upwards() -> None:
    wrong = []
    for path in ROOT.rglob("*.py"):
        step = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if step == "__init__":
            continue
        wrong += [f"{path} imports {name}" for name in _imported(path) if _step(name) > _step(step)]
    assert wrong == []


def test_every_file_is_short_enough_to_read() -> None:
    long = [str(path) for path in ROOT.rglob("*.py") if len(path.read_text().splitlines()) > 400]
    assert long == []
