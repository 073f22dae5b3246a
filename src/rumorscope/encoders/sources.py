"""Where detectors get their towers from: the hub, a folder, the package itself, or a checkpoint."""

from __future__ import annotations

from pathlib import Path

from rumorscope.encoders._interface import (
    COMPACT,
    ImageEncoder,
    ImageTowerConfig,
    TextEncoder,
    TextTowerConfig,
)
from rumorscope.encoders.compact import COMPACT_FOLDER, CompactTowers
from rumorscope.encoders.loading import load_normalisation, load_tokenizer, load_tower
from rumorscope.encoders.saved import SavedTowers, image_encoder, save_towers
from rumorscope.encoders.text import PretrainedTextEncoder

__all__ = ["PretrainedTowers", "SavedTowers", "save_towers"]


class PretrainedTowers:
    """Towers with pretrained weights: by hub name, from a local folder, or "compact"."""

    def __init__(self, compact: Path = COMPACT_FOLDER) -> None:
        self._compact = compact

    def text(self, name: str, config: TextTowerConfig) -> TextEncoder:
        """Load a text tower. Raises InputError where it cannot be had or cannot number so many tokens."""
        if config.model == COMPACT:
            return CompactTowers(self._compact).text(name, config)
        tower, projection = load_tower(config.model, "text")
        encoder = PretrainedTextEncoder(tower, load_tokenizer(config.model, tower), config.max_tokens)
        encoder.projection = projection
        return encoder

    def image(self, name: str, config: ImageTowerConfig) -> ImageEncoder:
        """Load an image tower. Raises InputError where it cannot be had or its scales do not fit."""
        if config.model == COMPACT:
            return CompactTowers(self._compact).image(name, config)
        tower, projection = load_tower(config.model, "image")
        encoder = image_encoder(tower, config, *load_normalisation(config.model))
        encoder.projection = projection
        return encoder
