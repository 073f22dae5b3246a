"""A checkpoint's card for readers of its answers: what it learned from, when not to trust it, its figures.

`card.json` stands in the checkpoint's folder, written by whoever measured it, and names the checkpoint's
hash: of weights that were trained anew, or calibrated anew, it says nothing.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rumorscope.errors import CheckpointError

FILE = "card.json"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sentence(_Written):
    """In both of the page's languages."""

    en: str
    zh: str


class Figures(_Written):
    """Each with its 95% interval: value, low, high."""

    accuracy: tuple[float, float, float]
    macro_f1: tuple[float, float, float]
    auc: tuple[float, float, float]


class Reference(Figures):
    """A plain reference on the same posts."""

    name: Sentence


class Measured(Figures):
    """The detector on posts that it has not learned from."""

    on: Sentence
    reference: Reference | None = None


class Card(_Written):
    """What is to be known of a checkpoint."""

    checkpoint: str = Field(description="hash of the weights and the configuration that this was measured of")
    trained_on: tuple[Sentence, ...]
    distrust: tuple[Sentence, ...] = Field(description="when not to trust it")
    measured: tuple[Measured, ...]


def read_card(folder: Path, checkpoint: str) -> Card | None:
    """The card of the checkpoint with that hash; None where there is none.

    Raises CheckpointError where the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        card = Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CheckpointError(f"{path} is damaged; mend it, or remove it") from error
    return card if card.checkpoint == checkpoint else None
