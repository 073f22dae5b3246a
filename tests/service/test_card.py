from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rumorscope.encoders.compact import COMPACT_FOLDER
from rumorscope.errors import CheckpointError
from rumorscope.service.card import Card, read_card
from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint

MODEL_CARD = Path(__file__).parents[2] / "docs" / "model-card.md"


@pytest.fixture(scope="module")
def card() -> Card:
    found = read_card(COMPACT_FOLDER, load_checkpoint(resolve_checkpoint("compact"), "cpu").hash)
    assert found is not None, "the card is of another checkpoint than the one that the package carries"
    return found


def test_every_figure_of_the_embedded_detector_stands_in_its_model_card(card: Card) -> None:
    written = MODEL_CARD.read_text(encoding="utf-8")
    for measured in card.measured:
        for figures in (measured, measured.reference):
            assert figures is not None
            for value, low, high in (figures.accuracy, figures.macro_f1, figures.auc):
                assert f"{value:.3f} ({low:.3f} – {high:.3f})" in written
    for sentence in (*card.trained_on, *card.distrust, *(measured.on for measured in card.measured)):
        for number in re.findall(r"\d[\d,.]*\d", sentence.en):
            assert number in written, sentence.en


def test_both_languages_give_the_same_numbers(card: Card) -> None:
    for sentence in (*card.trained_on, *card.distrust, *(measured.on for measured in card.measured)):
        in_english, in_chinese = (re.findall(r"\d[\d,.]*\d", text) for text in (sentence.en, sentence.zh))
        assert sorted(in_english) == sorted(in_chinese)


def test_a_card_of_other_weights_says_nothing(tmp_path: Path, card: Card) -> None:
    (tmp_path / "card.json").write_text(card.model_dump_json(), encoding="utf-8")
    assert read_card(tmp_path, card.checkpoint) == card
    assert read_card(tmp_path, "another") is None
    assert read_card(tmp_path / "none", card.checkpoint) is None


def test_a_damaged_card_is_told(tmp_path: Path, card: Card) -> None:
    values = json.loads(card.model_dump_json()) | {"unknown": 1}
    (tmp_path / "card.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"card\.json is damaged"):
        read_card(tmp_path, card.checkpoint)
