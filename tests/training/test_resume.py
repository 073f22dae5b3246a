"""A run that is killed goes on to the weights that it would have had."""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from rumorscope.errors import CheckpointError
from rumorscope.training.config import TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material
from training.telling import train_telling
from training.toy import toy, toy_captions, toy_posts

MATERIAL = Material(toy_posts()[:12], toy_posts()[12:], toy_captions())
CONFIG = TrainingConfig(save_seconds=0, seed=4)  # saves after every step
STEPS = 2 * 2 + 3 * 3  # 5 captions and 12 posts in batches of 4


Outcome = tuple[dict[str, Tensor], list[dict[str, Any]]]
"""The final weights, and the history without its times."""


class BrokenOffError(Exception):
    pass


class BreakAfter:
    """A report that breaks the run off after some steps or epochs."""

    def __init__(self, *, steps: int = 10**9, epochs: int = 10**9) -> None:
        self.steps, self.epochs = steps, epochs

    def encode(self, tower: str, done: int, total: int) -> None:
        pass

    def start_epoch(self, stage: str, epoch: int, epochs: int, steps: int, done: int) -> None:
        pass

    def step(self, losses: dict[str, float], posts_per_second: float) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise BrokenOffError

    def end_epoch(self, row: dict[str, Any]) -> None:
        self.epochs -= 1
        if self.epochs < 0:
            raise BrokenOffError


def finish(folder: Path) -> Outcome:
    run = Trainer(toy(), MATERIAL, CONFIG, folder)
    run.run()
    return run.detector.state_dict(), rows(folder)


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "history.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]


def assert_equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return finish(tmp_path_factory.mktemp("uninterrupted"))


@pytest.mark.parametrize(
    "end", [BreakAfter(steps=n) for n in range(STEPS)] + [BreakAfter(epochs=n) for n in range(5)]
)
def test_broken_off_anywhere(tmp_path: Path, uninterrupted: Outcome, end: BreakAfter) -> None:
    """After every step, and between writing the history's row and saving the state."""
    with pytest.raises(BrokenOffError):
        Trainer(toy(), MATERIAL, CONFIG, tmp_path, report=end).run()
    weights, history = finish(tmp_path)
    assert_equal(weights, uninterrupted[0])
    assert history == uninterrupted[1]


def test_a_finished_run_is_left_as_it_is(tmp_path: Path, uninterrupted: Outcome) -> None:
    for _ in range(2):
        weights, history = finish(tmp_path)
        assert_equal(weights, uninterrupted[0])
        assert history == uninterrupted[1]


def test_a_state_that_is_cut_off_is_named(tmp_path: Path) -> None:
    finish(tmp_path)
    state = tmp_path / "state" / "latest.safetensors"
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"latest\.safetensors cannot be read"):
        finish(tmp_path)


@pytest.mark.parametrize("kills", [[(1, 0.0)], [(5, 0.002), (3, 0.0)], [(2, 0.004), (2, 0.001), (6, 0.003)]])
def test_killed_processes(tmp_path: Path, uninterrupted: Outcome, kills: list[tuple[int, float]]) -> None:
    """SIGKILL some seconds after some step, whatever the process does then; once more; then to the end."""
    for steps, seconds in kills:
        assert run_process(tmp_path, kill_after=steps, seconds=seconds) == -signal.SIGKILL
    assert run_process(tmp_path) == 0
    state = load_file(tmp_path / "state" / "latest.safetensors")
    weights = {name.removeprefix("model."): tensor for name, tensor in state.items()}
    assert_equal(weights, uninterrupted[0])
    assert rows(tmp_path) == uninterrupted[1]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes find the tests' modules."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def run_process(folder: Path, *, kill_after: int | None = None, seconds: float = 0.0) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["training.telling"])
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=train_telling, args=(there, folder, MATERIAL, CONFIG))
    process.start()
    there.close()
    for _ in range(kill_after or 0):
        assert here.recv() == "step"
    if kill_after:
        time.sleep(seconds)
        process.kill()
    process.join()
    return process.exitcode


def test_the_state_holds_only_what_learns(tmp_path: Path) -> None:
    Trainer(toy(image_learning_rate=0), MATERIAL, CONFIG, tmp_path).run()
    names = load_file(tmp_path / "state" / "latest.safetensors").keys()
    assert {"model.text.embedding.weight", "model.heads.image.weight", "model.judgment.1.bias"} <= names
    assert "model.image.patches.weight" not in names


def test_a_run_that_had_only_to_be_finished_freezes_what_its_last_stage_did(tmp_path: Path) -> None:
    """So that its towers answer from the cache, as those of a run that was never stopped."""
    learnt = [_frozen(tmp_path), _frozen(tmp_path)]  # the second finds nothing left to train
    assert learnt[0] == learnt[1]
    assert learnt[0]


def _frozen(folder: Path) -> set[str]:
    trainer = Trainer(toy(image_learning_rate=0), MATERIAL, CONFIG, folder)
    trainer.run()
    return {name for name, p in trainer.detector.named_parameters() if not p.requires_grad}
