"""Two processes on one CPU train as one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rumorscope.training.config import TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material
from rumorscope.training.processes import Processes
from training.toy import Toy, ToyConfig, toy_captions, toy_posts

POSTS = toy_posts(17)
MATERIAL = Material(POSTS[:9], POSTS[9:], toy_captions())  # the last batch has one post for two processes
CONFIG = TrainingConfig(seed=4, max_gradient_norm=0.1)

SCRIPT = """
import sys
from pathlib import Path
from safetensors.torch import save_file
from training.test_processes import train
from rumorscope.training.processes import Processes

folder = Path(sys.argv[1])
with Processes() as processes:
    assert processes.count == 2
    for kind in ("batch_norm", "plain"):
        run = train(folder / kind, processes, batch_norm=kind == "batch_norm")
        save_file(run.detector.state_dict(), folder / f"{kind}-{processes.index}.safetensors")
"""


def train(folder: Path, processes: Processes, *, batch_norm: bool) -> Trainer:
    torch.manual_seed(0)
    detector = Toy(ToyConfig(dropout=0.0, image_learning_rate=0.01 if batch_norm else 0.0))
    run = Trainer(detector, MATERIAL, CONFIG, folder, processes=processes)
    run.run()
    return run


def launch(folder: Path) -> list[list[dict[str, torch.Tensor]]]:
    """The weights of both processes, with batch statistics and without."""
    script = folder / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    launcher = ["torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    command = [sys.executable, "-m", *launcher, str(script), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    kinds = ("batch_norm", "plain")
    return [[load_file(folder / f"{kind}-{index}.safetensors") for index in range(2)] for kind in kinds]


def test_two_processes_end_with_the_weights_of_one(tmp_path: Path) -> None:
    with_statistics, plain = launch(tmp_path)
    alone = train(tmp_path / "alone", Processes(), batch_norm=False)
    torch.testing.assert_close(plain[0], dict(alone.detector.state_dict()), rtol=1e-4, atol=1e-5)
    for first, second in (plain, with_statistics):
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert with_statistics[0]["image.norm.running_mean"].abs().sum() > 0
    rows = [json.loads(line) for line in (tmp_path / "plain" / "history.jsonl").read_text().splitlines()]
    for row, expected in zip(rows, alone.history.rows, strict=True):
        assert row["posts"] == expected["posts"]
        assert row["train"] == pytest.approx(expected["train"], rel=1e-4)
        assert row["validation"] == pytest.approx(expected["validation"], rel=1e-4)
