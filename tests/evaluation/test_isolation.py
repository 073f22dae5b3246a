"""A detector that tries to cheat finds no test label, wherever the package hands it something.

What it could do beyond the package's interface, such as opening files, is said in docs/protocols.md.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.split_file import write_split
from rumorscope.data.splitting import make_split
from rumorscope.detectors import Output
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.evaluation.evaluate import evaluate
from rumorscope.evaluation.experiments import judging
from rumorscope.evaluation.openings import open_test
from rumorscope.evaluation.predictions import predict
from rumorscope.post import Label, Post
from rumorscope.training.calibration import Calibration
from rumorscope.training.checkpoint import Checkpoint
from rumorscope.training.config import DataConfig, RunConfig, TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import gather
from training.toy import Toy, ToyConfig, toy_posts, write_manifest

POSTS = toy_posts(30)
SPLITS = ["train"] * 12 + ["validation"] * 6 + ["test"] * 12
CLOSED = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType)  # from here all is global


def reachable(*roots: object) -> Iterator[object]:
    """Every object that the roots hold, directly or through others, but not what Python itself holds."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, CLOSED):
            continue
        seen.add(id(thing))
        yield thing
        waiting += gc.get_referents(thing)


class Cheat(Toy):
    """Answers by whatever it finds of a post's label, and by nothing else; keeps all that it was shown."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(ToyConfig(pretraining=False, epochs=1))
        self.shown: dict[str, Post] = {}
        self.labels: dict[str, float] = {}

    def forward(self, batch: Batch) -> Output:
        known = self.known_of(batch)
        for post in batch.posts:
            self.shown[post.id] = post
        output = super().forward(batch)
        answers = [10.0 * (2 * known[post.id] - 1) if post.id in known else 0.0 for post in batch.posts]
        return replace(output, logits=output.logits * 0 + torch.tensor(answers))

    def known_of(self, batch: Batch) -> dict[str, float]:
        """Post id → label, from the labels, from the posts, and from any object that can be reached."""
        found = dict(self.labels)
        for thing in reachable(batch, self, self.preprocess):
            if isinstance(thing, Post) and thing.label is not None:
                found[thing.id] = float(thing.label)
            if isinstance(thing, Post) and thing.event in TOLD_BY_EVENT:
                found[thing.id] = TOLD_BY_EVENT[thing.event]
            if (
                isinstance(thing, Tensor)
                and thing.shape == (len(batch),)
                and set(thing.tolist()) == {0.0, 1.0}
            ):
                found |= zip([post.id for post in batch.posts], thing.tolist(), strict=True)
        labels = zip(batch.posts, batch.labels.tolist(), strict=True)
        found |= {post.id: label for post, label in labels if label == label}
        self.labels |= found
        return found


TOLD_BY_EVENT = {"hoax": 1.0, "news": 0.0}
TEST = [
    replace(post, event="hoax" if post.label else "news")
    for post, split in zip(POSTS, SPLITS, strict=True)
    if split == "test"
]
LABELS = {post.id: float(post.label or 0) for post in TEST}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_manifest(tmp_path / "posts", [*POSTS[:18], *TEST], SPLITS)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    (tmp_path / "run").mkdir()
    return Checkpoint(Cheat(), "cheat", ToyConfig(), Calibration(), {}, "abc", tmp_path / "run")


def cheat_of(checkpoint: Checkpoint) -> Cheat:
    assert isinstance(checkpoint.detector, Cheat)
    return checkpoint.detector


def test_the_cheat_would_find_what_is_left_lying_about() -> None:
    """Else the other tests would show nothing: handed labelled posts, it is right about each."""
    cheat = Cheat().eval()
    assert cheat.known_of(cheat.preprocess(TEST)) == LABELS
    assert ((cheat(cheat.preprocess(TEST)).logits > 0).float().tolist()) == list(LABELS.values())
    for hint in ({"label": None}, {"event": None}):
        assert Cheat().known_of(cheat.preprocess([replace(post, **hint) for post in TEST])) == LABELS  # type: ignore[arg-type]


def test_predict_hands_over_neither_labels_nor_events() -> None:
    cheat = Cheat().eval()
    answers = predict(cheat, Calibration(), TEST, batch_size=5)
    assert cheat.labels == {}
    assert answers.tolist() == [0.5] * len(TEST)
    assert {post.id for post in cheat.shown.values()} == LABELS.keys()
    assert all(post.label is None and post.event is None for post in cheat.shown.values())
    assert [replace(post, label=None, event=None) for post in TEST] == [cheat.shown[post.id] for post in TEST]


def test_the_order_of_the_file_does_not_show() -> None:
    """Rumors first, as in several published files: batches come in an order of their own."""

    class Watch(Cheat):
        def forward(self, batch: Batch) -> Output:
            self.order = [*getattr(self, "order", []), *(post.id for post in batch.posts)]
            return super().forward(batch)

    orders = []
    alike = [replace(post, text="park", images=()) for post in TEST]
    for posts in (alike, sorted(alike, key=lambda post: -int(post.label or 0))):
        watch = Watch().eval()
        predict(watch, Calibration(), posts, batch_size=4)
        orders.append(watch.order)
    assert orders[0] == orders[1]


def test_an_evaluation_of_the_cheat_is_chance(folder: Path, checkpoint: Checkpoint) -> None:
    opened = open_test(checkpoint, load_manifest(folder))
    evaluation = evaluate(checkpoint, opened.posts)
    assert evaluation.assessment.metrics["auc"].value == 0.5
    assert cheat_of(checkpoint).labels == {}


def test_an_experiment_judges_the_cheat_as_chance(
    folder: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "load_checkpoint", lambda folder, device: checkpoint)
    config = RunConfig(detector={"name": "cheat"}, data=DataConfig(folders=(folder,)))
    judgment = judging.judge(checkpoint.folder, config, checkpoint.folder / "features.safetensors")
    assert set(judgment.predictions.probabilities.tolist()) == {0.5}
    assert cheat_of(checkpoint).labels == {}


@pytest.mark.parametrize("divided", ["by the manifest", "by a file", "held out"])
def test_training_and_validation_never_meet_a_test_post(folder: Path, tmp_path: Path, divided: str) -> None:
    manifest = load_manifest(folder)
    config: dict[str, Any] = {"folders": [folder]}
    if divided == "by a file":
        plan = make_split(manifest, "random", seed=3, ratios=(0.5, 0.2, 0.3))
        write_split(plan, tmp_path / "split.json")
        config["split"] = tmp_path / "split.json"
        manifest = plan.apply(manifest)
    if divided == "held out":
        config["hold_out"] = {"by": "random", "fraction": 0.3}
    tested = ids_of(manifest, "test")
    material = gather(DataConfig.parse(config))
    held = {thing.id for thing in reachable(material) if isinstance(thing, Post)}
    assert held == {post.id for post in manifest.posts} - tested
    cheat = Cheat()
    Trainer(cheat, material, TrainingConfig(), tmp_path / "run").run()
    assert cheat.shown.keys() == held
    assert cheat.labels.keys() == held
    found = {thing.id for thing in reachable(cheat) if isinstance(thing, Post)}
    assert not found & tested


def test_what_was_learnt_by_heart_says_nothing_of_test_posts(folder: Path, tmp_path: Path) -> None:
    """Trained on all it may see, the cheat remembers each label, and is at chance on the test posts."""
    cheat = Cheat()
    Trainer(cheat, gather(DataConfig(folders=(folder,))), TrainingConfig(), tmp_path / "run").run()
    assert len(cheat.labels) == 18
    assert set(predict(cheat.eval(), Calibration(), TEST).tolist()) == {0.5}


def test_a_manifest_does_not_give_its_test_posts(folder: Path) -> None:
    with pytest.raises(InputError, match=r"opens through rumorscope\.evaluation\.openings\.open_test alone"):
        load_manifest(folder).split("test")


def ids_of(manifest: Manifest, split: str) -> set[str]:
    pairs: Sequence[tuple[Post, str | None]] = list(zip(manifest.posts, manifest.splits, strict=True))
    return {post.id for post, own in pairs if own == split}


def test_labels_are_what_the_cheat_looks_for() -> None:
    assert set(LABELS.values()) == {0.0, 1.0}
    assert all(post.label in (Label.RUMOR, Label.NON_RUMOR) for post in TEST)
