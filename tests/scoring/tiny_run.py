"""A checkpoint of MICC over the tiny CLIP towers, as `rumorscope train` leaves it, but never trained."""

from __future__ import annotations

from pathlib import Path

import torch

from rumorscope.detectors.micc import Micc, MiccConfig
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.training.checkpoint import Calibration, save_checkpoint
from tiny import tiny_clip


def tiny_run(folder: Path) -> Path:
    tower = str(tiny_clip(folder / "clip"))
    config = MiccConfig.parse(
        {"text": {"model": tower}, "image": {"model": tower, "image_size": 64, "receptive_fields": [16, 32]}}
    )
    torch.manual_seed(0)
    detector = Micc(config, PretrainedTowers())
    calibration = Calibration(temperature=0.5, threshold=0.5)
    save_checkpoint(
        detector,
        folder / "run" / "checkpoint",
        name="micc",
        config=config,
        details={},
        calibration=calibration,
    )
    return folder / "run"
