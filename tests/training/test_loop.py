from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rumorscope.detectors import Output, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError, RumorscopeError
from rumorscope.training import loading
from rumorscope.training.config import TrainingConfig
from rumorscope.training.freezing import train_only
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material
from rumorscope.training.sampling import epoch_batches, seed_everything, seed_of
from training.toy import Toy, ToyConfig, toy, toy_captions, toy_posts

POSTS = toy_posts()
MATERIAL = Material(POSTS[:12], POSTS[12:], toy_captions())


def trainer(
    folder: Path, detector: Toy | None = None, material: Material = MATERIAL, **changes: Any
) -> Trainer:
    return Trainer(detector or toy(), material, TrainingConfig.parse(changes), folder)


def weights(detector: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in detector.state_dict().items()}


def assert_equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


class Scripted(Toy):
    """Its validation losses are as told, one an epoch, whatever it learns: to raise its logits."""

    def __init__(self, *losses: float) -> None:
        torch.manual_seed(0)
        super().__init__(ToyConfig(pretraining=False, epochs=len(losses)))
        self.told = iter([loss for loss in losses for _ in range(2)])  # 6 validation posts are 2 batches

    def stages(self) -> Sequence[Stage]:
        return [replace(stage, loss=self.scripted_loss) for stage in super().stages()]

    def scripted_loss(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        if self.training:
            return {"rise": -output.logits.mean()}
        return {"told": torch.tensor(next(self.told))}


def test_agrees_with_a_plain_loop(tmp_path: Path) -> None:
    """The end-to-end stage written out with nothing but torch, bit for bit."""
    detector = toy(pretraining=False)
    stage = detector.stages()[0]
    train_only(detector, detector.parameters())
    optimizer = torch.optim.Adam([{"params": g.parameters, "lr": g.learning_rate} for g in stage.groups])
    for epoch in range(3):
        for step, indices in enumerate(epoch_batches(stage, POSTS[:12], seed=5, epoch=epoch)):
            batch = detector.preprocess([POSTS[index] for index in indices])
            seed_everything(seed_of(5, "end_to_end", epoch, step, 0))
            optimizer.zero_grad()
            stage.loss(detector(batch), batch)["binary_cross_entropy"].backward()
            torch.nn.utils.clip_grad_norm_([p for group in stage.groups for p in group.parameters], 1.0)
            optimizer.step()
    run = trainer(tmp_path, toy(pretraining=False), seed=5)
    rows = run.run().rows
    assert [row["best"] for row in rows] == [True] * 3  # so that the last epoch's weights are kept
    assert_equal(weights(run.detector), weights(detector))


def test_first_step_is_adams(tmp_path: Path) -> None:
    """Adam's first step is the rate times the gradient's sign; only the stage's parameters take it."""
    detector = toy()
    before = weights(detector)
    run = trainer(
        tmp_path,
        detector,
        Material(POSTS[:1], POSTS[12:], toy_captions()[:1]),
        stages={"pretraining": {"epochs": 1, "learning_rate_scale": 2}, "end_to_end": {"epochs": 0}},
    )
    run.run()
    for name, tensor in weights(detector).items():
        step = (tensor - before[name]).abs().float()
        expected = 0.02 if name.startswith("heads") else 0.0
        moved = step[step > 0] if expected else step
        assert moved.numel()
        torch.testing.assert_close(moved, torch.full_like(moved, expected), rtol=1e-2, atol=1e-6)


def test_same_seed_same_weights_another_seed_others(tmp_path: Path) -> None:
    runs = [trainer(tmp_path / str(index), seed=seed) for index, seed in enumerate((1, 1, 2))]
    for run in runs:
        run.run()
    first, same, other = (weights(run.detector) for run in runs)
    assert_equal(first, same)
    assert not torch.equal(first["heads.text.weight"], other["heads.text.weight"])


def test_losses_are_means_over_all_posts_of_the_epoch(tmp_path: Path) -> None:
    """With a rate near 0 the weights stand still, so the epoch's mean is that of one pass over all posts."""
    detector = toy(dropout=0, image_learning_rate=0, pretraining=False)
    detector.eval()
    batch = detector.preprocess(POSTS[:10])  # batches of 4, 4 and 2
    stage = detector.stages()[0]
    expected = stage.loss(detector(batch), batch)["binary_cross_entropy"].item()
    material = Material(POSTS[:10], POSTS[12:])
    stages = {"end_to_end": {"epochs": 1, "learning_rate_scale": 1e-9}}
    (row,) = trainer(tmp_path, detector, material, stages=stages).run().rows
    assert row["posts"] == 10
    assert row["train"] == pytest.approx({"binary_cross_entropy": expected, "total": expected}, abs=1e-6)


def test_validation_is_of_validation_posts(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    last = run.run().rows[-1]
    assert last["best"]
    detector, stage = run.detector, run.stages[-1]
    batch = detector.preprocess(POSTS[12:])
    expected = stage.loss(detector(batch), batch)["binary_cross_entropy"].item()
    assert last["validation"]["binary_cross_entropy"] == pytest.approx(expected, abs=1e-6)
    assert last["validation"]["auc"] == 1.0


def test_keeps_the_best_epoch_and_stops_when_patience_ends(tmp_path: Path) -> None:
    run = trainer(tmp_path / "long", Scripted(3.0, 2.0, 2.5, 2.0, 2.1, 1.0), patience=3)
    rows = run.run().rows
    assert [row["best"] for row in rows] == [True, True, False, False, False]  # 1.0 is never seen
    short = trainer(tmp_path / "short", Scripted(3.0, 2.0))
    short.run()
    assert_equal(weights(run.detector), weights(short.detector))


def test_history_is_written_as_it_goes(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    run.run()
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert rows == run.history.rows
    assert [(row["stage"], row["epoch"]) for row in rows] == [
        ("pretraining", 1),
        ("pretraining", 2),
        ("end_to_end", 1),
        ("end_to_end", 2),
        ("end_to_end", 3),
    ]
    assert rows[0]["train"].keys() == {"distance", "size", "total"}
    assert rows[0]["posts"] == 5


def test_rate_warms_up_linearly_and_then_is_constant(tmp_path: Path) -> None:
    stages = {"end_to_end": {"epochs": 1, "warmup_steps": 6}, "pretraining": {"epochs": 0}}
    (row,) = trainer(tmp_path / "a", stages=stages).run().rows
    assert row["learning_rates"] == pytest.approx([0.02 * 3 / 6, 0.01 * 3 / 6])  # 12 posts are 3 steps
    stages["end_to_end"]["epochs"] = 3
    *_, row = trainer(tmp_path / "b", stages=stages).run().rows
    assert row["learning_rates"] == pytest.approx([0.02, 0.01])


def test_weight_decay_shrinks_what_has_no_gradient(tmp_path: Path) -> None:
    """AdamW takes rate x decay of every weight a step: 3 steps on a word that no post has."""
    detector = toy(pretraining=False)
    before = detector.text.embedding.weight[0].detach().clone()  # [PAD] is masked
    trainer(tmp_path, detector, weight_decay=0.5, stages={"end_to_end": {"epochs": 1}}).run()
    torch.testing.assert_close(detector.text.embedding.weight[0].detach(), before * (1 - 0.02 * 0.5) ** 3)


def test_remembered_features_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering = trainer(tmp_path / "a", toy(image_learning_rate=0))
    remembering.run()
    assert remembering.detector.image.encoded == 6  # the captions' five are among the posts' six
    monkeypatch.setattr("rumorscope.training.frozen.FEATURE_BYTES", 0)
    plain = trainer(tmp_path / "b", toy(image_learning_rate=0))
    plain.run()
    torch.testing.assert_close(weights(plain.detector), weights(remembering.detector))


def test_a_full_cache_ends_in_the_very_same_weights(tmp_path: Path, feature_cache: Path) -> None:
    """And so does one of which a part was lost."""
    runs = [trainer(tmp_path / str(number), toy(image_learning_rate=0)) for number in range(3)]
    for number, run in enumerate(runs):
        if number == 2:
            for file in sorted(feature_cache.rglob("*.safetensors"))[::2]:
                file.unlink()
        run.run()
    assert [run.detector.image.encoded for run in runs[:2]] == [6, 0]
    first, *others = (weights(run.detector) for run in runs)
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)


def test_each_picture_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counting(source: Any, size: int) -> Any:
        read.append(source)
        return original(source, size)

    original = loading.read_picture
    monkeypatch.setattr(loading, "read_picture", counting)
    trainer(tmp_path).run()
    assert len(read) == 6  # in five epochs of two stages, training and validation


def test_workers_change_nothing(tmp_path: Path) -> None:
    here, there = trainer(tmp_path / "a"), trainer(tmp_path / "b", workers=1)
    here.run()
    there.run()
    assert_equal(weights(here.detector), weights(there.detector))


def test_half_precision_trains(tmp_path: Path) -> None:
    run = trainer(tmp_path, mixed_precision="bf16")
    rows = run.run().rows
    full = trainer(tmp_path / "full").run().rows
    assert rows[-1]["train"]["total"] == pytest.approx(full[-1]["train"]["total"], rel=0.05)
    assert rows[-1]["train"] != full[-1]["train"]
    assert {parameter.dtype for parameter in run.detector.parameters()} == {torch.float32}


def test_float16_on_a_cpu_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a GPU"):
        trainer(tmp_path, mixed_precision="fp16").run()


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    detector = toy(pretraining=False)
    torch.nn.init.constant_(detector.judgment[1].bias, float("nan"))
    with pytest.raises(RumorscopeError, match=r"loss became nan in epoch 1, step 1; set learning_rate_scale"):
        trainer(tmp_path, detector).run()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_cannot_be_read_names_its_post(tmp_path: Path, workers: int) -> None:
    bad = replace(POSTS[3], id="bad-7", images=(tmp_path / "missing.jpg",))
    material = Material([*POSTS[:3], bad], POSTS[12:])
    with pytest.raises(InputError, match=r"(?s)missing.jpg.*bad-7.*rumorscope data check") as caught:
        trainer(tmp_path, toy(pretraining=False), material, workers=workers).run()
    assert "Traceback" not in str(caught.value)


def test_an_unknown_stage_is_named_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stages.endtoend\].*it has: pretraining, end_to_end"):
        trainer(tmp_path, stages={"endtoend": {"epochs": 1}})


def test_nothing_to_learn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="every stage has 0 epochs"):
        trainer(tmp_path, stages={"pretraining": {"epochs": 0}, "end_to_end": {"epochs": 0}})


def test_selection_by_auc_needs_both_classes(tmp_path: Path) -> None:
    rumors = Material(POSTS[:12], [post for post in POSTS[12:] if post.label], toy_captions())
    with pytest.raises(InputError, match="needs validation posts of both classes"):
        trainer(tmp_path, material=rumors, select_by="auc")


def test_selection_by_auc(tmp_path: Path) -> None:
    rows = trainer(tmp_path, select_by="auc", stages={"pretraining": {"epochs": 0}}).run().rows
    best = -1.0
    for row in rows:
        assert row["best"] == (row["validation"]["auc"] > best)
        best = max(best, row["validation"]["auc"])
