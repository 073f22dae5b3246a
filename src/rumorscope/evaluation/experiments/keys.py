"""A cell's key: SHA-256 of all that decides what it comes to, and of nothing else.

Where the data lies, or which experiment asks, is not part of it; so no cell is computed twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from rumorscope import __version__
from rumorscope.encoders._interface import COMPACT
from rumorscope.encoders.compact import COMPACT_FOLDER
from rumorscope.knowledge.store import ConceptStore
from rumorscope.training.checkpoint import checkpoint_hash, resolve_checkpoint
from rumorscope.training.config import RunConfig
from rumorscope.training.run import FREE_TO_CHANGE

CELL_FORMAT = 1
"""Raised whenever the same run comes to other numbers: cells of an older format are computed anew."""

PATHS = {
    "folders",
    "captions",
    "forgeries",
    "split",
    "fold",
}  # of [data]; their content's fingerprints stand for them


def cell_key(
    run: RunConfig, data: Sequence[str], captions: Sequence[str], forgeries: Sequence[str] = ()
) -> str:
    """The key of a run with its seed; the others are the fingerprints of its manifests.

    A tower that is named by the hub counts by its name: what the hub serves under it is not looked at.
    """
    values = run.resolved().model_dump(mode="json")
    decides = {
        "format": CELL_FORMAT,
        "rumorscope": __version__,
        "detector": _by_content(values["detector"]),
        "data": {key: value for key, value in values["data"].items() if key not in PATHS},
        "training": _training(values["training"]),
        "fingerprints": {"data": list(data), "captions": list(captions)},
    }
    if forgeries:
        decides["forgeries"] = list(forgeries)
    if "store" in values["detector"] and values["detector"].get("knowledge") != "none":
        decides["store"] = ConceptStore(values["detector"]["store"]).fingerprint
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


def _by_content(values: Any) -> Any:
    """The detector's configuration with what a tower is in place of where it lies."""
    if not isinstance(values, dict):
        return values
    return {
        key: None
        if key == "store"
        else _tower(value)
        if key == "model" and isinstance(value, str)
        else _by_content(value)
        for key, value in values.items()
    }


def _training(values: dict[str, Any]) -> dict[str, Any]:
    """The settings that decide, with the checkpoint to begin with in place of where it lies."""
    decides = {key: value for key, value in values.items() if key not in {*FREE_TO_CHANGE, "weights_from"}}
    if values["weights_from"]:
        decides["weights_from"] = checkpoint_hash(resolve_checkpoint(values["weights_from"]))
    return decides


def _tower(model: str) -> str:
    folder = COMPACT_FOLDER if model == COMPACT else Path(model)
    if not folder.is_dir():
        return model
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return _digest(
        (str(path.relative_to(folder)), _file_digest(path, path.stat().st_mtime_ns)) for path in files
    )


@lru_cache(maxsize=1024)
def _file_digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(parts: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256("\n".join(f"{name} {value}" for name, value in parts).encode()).hexdigest()
