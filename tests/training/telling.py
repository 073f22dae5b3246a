"""A training process that tells of each step, for a test that kills it."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

import torch._dynamo  # noqa: F401  # the first optimizer imports it: once for all forked processes

from rumorscope.training.config import TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material
from rumorscope.training.progress import Silent
from training.toy import toy


class Telling(Silent):
    def __init__(self, listener: Connection) -> None:
        self.listener = listener

    def step(self, losses: dict[str, float], posts_per_second: float) -> None:
        self.listener.send("step")


def train_telling(listener: Connection, folder: Path, material: Material, config: TrainingConfig) -> None:
    Trainer(toy(), material, config, folder, report=Telling(listener)).run()
