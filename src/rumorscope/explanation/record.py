"""A measured faithfulness on disk, beside the run whose evidence it is of, and as a sentence for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.openings import run_folder
from rumorscope.explanation.orders import OCCLUSION, RELEVANCE, WEIGHTS

if TYPE_CHECKING:  # a scorer reads the sentence, and need not wait for what measures it
    from rumorscope.explanation.faithfulness import Effort, Estimate, Faithful

FILE = "faithfulness.json"
_SUBJECTS = {
    WEIGHTS: "what the frames hold {} random regions",
    RELEVANCE: "what the relevance maps mark {} random regions",
    OCCLUSION: "what painting over region after region finds {} random regions",
}


@dataclass(frozen=True)
class FaithfulnessRecord:
    """How faithful one checkpoint's explanations are, and on what that was measured."""

    checkpoint: str  # its hash: another one's evidence was not measured
    data: str  # fingerprint of the manifest
    split: str
    posts: int
    effort: Effort
    resamples: int
    methods: dict[str, Faithful]

    def sentence(self) -> str:
        """Each explanation against regions drawn at random."""
        compared = [
            f"{said.format(_degree(self.methods[method].gain))} ({gain_in_words(self.methods[method].gain)})"
            for method, said in _SUBJECTS.items()
            if method in self.methods
        ]
        return f"Tested on {self.posts} posts, {'; '.join(compared)}."


def write_faithfulness(record: FaithfulnessRecord, checkpoint: Path) -> Path:
    """Write the record beside the run of the checkpoint's folder. Raises InputError where that fails."""
    path = run_folder(checkpoint) / FILE
    text = json.dumps(asdict(record) | {"sentence": record.sentence()}, indent=2)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; copy the run elsewhere") from error
    return path


def read_faithfulness(checkpoint: Path, hash: str) -> str | None:
    """The sentence on the checkpoint with that hash; None where its faithfulness was not measured.

    Raises CheckpointError where the file is damaged.
    """
    path = run_folder(checkpoint) / FILE
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return str(values["sentence"]) if values["checkpoint"] == hash else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged; 'rumorscope faithfulness' writes it anew") from error


def gain_in_words(gain: Estimate) -> str:
    """The gain over random regions with its interval."""
    if gain.interval is None:
        return f"gain {_signed(gain.mean)}"
    return f"gain {_signed(gain.mean)}, 95% {_signed(gain.interval.low)} to {_signed(gain.interval.high)}"


def _degree(gain: Estimate) -> str:
    if gain.interval is not None and gain.interval.low > 0:
        return "counts more for the answer than"
    if gain.interval is not None and gain.interval.high < 0:
        return "counts less for the answer than"
    return "cannot be told from"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
