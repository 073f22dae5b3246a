"""What the commands that measure a trained detector share: its checkpoint, and the posts of one split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rumorscope.errors import InputError

if TYPE_CHECKING:
    from rumorscope.evaluation.openings import Opened
    from rumorscope.post import Post
    from rumorscope.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class Measured:
    """What is measured, and the opening of the test posts, where they are these."""

    checkpoint: Checkpoint
    posts: list[Post]
    fingerprint: str
    opened: Opened | None = None

    @property
    def looks(self) -> str | None:
        """How often the run has seen the test posts; None where it measures on others."""
        return looks_sentence(self.opened.times) if self.opened else None


def load_measured(
    run: str, data: Path, split: str, split_file: Path | None, fold: str | None, device: str
) -> Measured:
    """Load a checkpoint and the posts of a split; opening a test split is recorded.

    Raises InputError where either cannot be found.
    """
    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import divided
    from rumorscope.evaluation.openings import open_test
    from rumorscope.scoring.scorer import pick_device
    from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint

    manifest = divided(load_manifest(data), split_file, fold)
    checkpoint = load_checkpoint(resolve_checkpoint(run), pick_device(device))
    if split != "test":
        return Measured(checkpoint, manifest.split(split), manifest.fingerprint)
    opened = open_test(checkpoint, manifest)
    return Measured(checkpoint, opened.posts, manifest.fingerprint, opened)


def looks_sentence(times: int | None) -> str:
    """How often a run has seen its test data; None where nobody could count."""
    if times is None:
        return "The checkpoint's folder cannot be written, so this look at the test data is not counted."
    often = "once" if times == 1 else f"{times} times"
    return f"This run has looked at this test data {often}."


def check_writable(path: Path) -> None:
    """Raise InputError at once, rather than after minutes of measuring."""
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"cannot write {path}: name a file in a folder that exists")
