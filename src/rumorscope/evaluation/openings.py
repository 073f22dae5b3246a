"""How often a run has looked at test data: every look invites a choice that the test should not make.

`open_test` is the one way to the posts of a split named "test". Each call adds a line to `openings.jsonl`
beside the run before it hands them over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rumorscope import __version__
from rumorscope.data.manifest import TEST, Manifest
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.training.checkpoint import Checkpoint

OPENINGS = "openings.jsonl"


@dataclass(frozen=True)
class Opened:
    """Test posts, and how often their run has seen them, this time included."""

    posts: list[Post]
    times: int | None  # None where the run's folder cannot be written, as an installed package's


def open_test(checkpoint: Checkpoint | None, manifest: Manifest) -> Opened:
    """The test posts of a manifest, for one checkpoint; its run's ledger records that it looked.

    Without a checkpoint, for baselines that have nothing to choose, there is no ledger. Raises InputError
    where the manifest has none, and where the run learnt from another division of the same posts: some that
    are tested here may have taught it there.
    """
    divisions = checkpoint.details.get("divisions", {}) if checkpoint else {}
    if checkpoint and divisions.get(manifest.origin, manifest.fingerprint) != manifest.fingerprint:
        raise InputError(
            f"{checkpoint.folder} learnt from other parts of {manifest.folder} than these and may know posts "
            "that it would be tested on; give the split file and the fold that it was trained with, or none "
            "where it was trained with none"
        )
    posts = [post for post, split in zip(manifest.posts, manifest.splits, strict=True) if split == TEST]
    if not posts:
        raise InputError(f"{manifest.folder} has no split '{TEST}'; it has: {manifest.split_names}")
    return Opened(posts, record_opening(checkpoint, manifest.fingerprint) if checkpoint else None)


def record_opening(checkpoint: Checkpoint, data: str) -> int | None:
    """Note that a checkpoint's run saw the test posts of the manifest with fingerprint `data`.

    Returns how often it has, this time included; None where the folder cannot be written.
    """
    path = run_folder(checkpoint.folder) / OPENINGS
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data,
        "checkpoint": checkpoint.hash,
        "version": __version__,
    }
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(f'"data": "{data}"' in line for line in lines)


def run_folder(checkpoint: Path) -> Path:
    """Where later findings about a checkpoint are kept: a run's beside it, those of one on its own inside."""
    run = checkpoint.parent
    return run if (run / "history.jsonl").is_file() else checkpoint
