"""What rebuilds an encoder without its weights: the tower's config.json, and rumorscope.json beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

import torch
from transformers import AutoConfig, AutoModel, ChineseCLIPTextModel, CLIPTextModel

from rumorscope.config import Settings
from rumorscope.errors import CheckpointError

FILE = "rumorscope.json"

Modality = Literal["text", "image"]


class Architecture(Settings):
    """What an encoder adds to its tower's own configuration."""

    def save(self, folder: Path, tower: Any) -> None:
        """Write the tower's configuration and this one into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        tower.config.save_pretrained(folder)
        record = self.model_dump_json(indent=2, exclude_defaults=True)
        (folder / FILE).write_text(record + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises CheckpointError where it is missing or damaged."""
        try:
            return cls.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"cannot rebuild an encoder from {folder / FILE}: {error}") from error


def build_tower(folder: Path, modality: Modality) -> Any:
    """The tower whose config.json lies in `folder`, with random weights. Raises CheckpointError."""
    if not (folder / "config.json").is_file():
        raise CheckpointError(f"no {folder / 'config.json'}: the checkpoint is incomplete; copy it again")
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot rebuild an encoder from {folder / 'config.json'}: {error}") from error
    return keep_tower(_model(config), modality)


def keep_tower(model: Any, modality: Modality) -> Any:
    """The tower of one modality: half of a CLIP, or the whole of anything else, without a pooler of its own.

    A text pooler goes because no summary here reads it: its weights would never learn.
    """
    tower = getattr(model, "text_model" if modality == "text" else "vision_model", model)
    if modality == "text" and getattr(tower, "pooler", None) is not None:
        tower.pooler = None
    return tower


def _model(config: Any) -> Any:
    if config.model_type == "clip_text_model":
        return CLIPTextModel(config)
    if config.model_type == "chinese_clip_text_model":  # of which AutoModel knows nothing
        return ChineseCLIPTextModel(config, add_pooling_layer=False)
    return AutoModel.from_config(config, dtype=torch.float32, trust_remote_code=False)
