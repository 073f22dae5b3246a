from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rumorscope.detectors import detector_class
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import CheckpointError, InputError
from rumorscope.training import checkpoint as module
from rumorscope.training.calibration import Isotonic
from rumorscope.training.checkpoint import (
    FORMAT,
    Calibration,
    begin_with,
    load_checkpoint,
    resolve_checkpoint,
    save_calibration,
    save_checkpoint,
)
from rumorscope.training.domain import Domain
from tiny import tiny_clip, tiny_posts
from training.toy import Toy, ToyConfig, toy, toy_posts

Damage = Callable[[Path], object]


@pytest.fixture
def saved(tmp_path: Path, toy_detector: Path) -> Path:
    folder = tmp_path / "checkpoint"
    save(toy(), folder)
    return folder


def save(
    detector: Toy, folder: Path, calibration: Calibration | None = None, domain: Domain | None = None
) -> None:
    save_checkpoint(
        detector,
        folder,
        name="toy",
        config=detector.config,
        details={"seed": 3, "data": {"posts": "ab"}},
        calibration=calibration,
        domain=domain,
    )


def change_record(**changes: object) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / "checkpoint.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def change_weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Damage:
    def damage(folder: Path) -> None:
        state = load_file(folder / "model.safetensors")
        change(state)
        save_file(state, folder / "model.safetensors")

    return damage


def cut_off(name: str) -> Damage:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def write(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content)


def remove(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def test_micc_answers_the_same_after_a_round_trip(tmp_path: Path) -> None:
    kind = detector_class("micc")
    tower = str(tiny_clip(tmp_path / "clip"))
    config = kind.Config.parse(
        {
            "text": {"model": tower, "max_tokens": 16},
            "image": {"model": tower, "image_size": 32, "receptive_fields": [8, 16]},
        }
    )
    detector = kind(config, PretrainedTowers()).eval()
    save_checkpoint(detector, tmp_path / "run" / "checkpoint", name="micc", config=config, details={})
    for file in (tmp_path / "clip").iterdir():
        file.unlink()  # a checkpoint needs nothing but itself
    loaded = load_checkpoint(resolve_checkpoint(tmp_path / "run"))
    assert loaded.config == config
    assert not loaded.detector.training
    with torch.no_grad():
        expected = detector(detector.preprocess(tiny_posts())).logits
        found = loaded.detector(loaded.detector.preprocess(tiny_posts())).logits
    assert torch.equal(found, expected)


def test_keeps_calibration_and_details(tmp_path: Path, toy_detector: Path) -> None:
    calibration = Calibration(temperature=1.5, threshold=0.4, uncertain=0.1)
    save(toy(), tmp_path / "a", calibration)
    loaded = load_checkpoint(tmp_path / "a")
    assert loaded.calibration == calibration
    assert loaded.details == {"seed": 3, "data": {"posts": "ab"}}
    assert loaded.name == "toy"
    assert loaded.config == ToyConfig()


def test_keeps_isotonic_knots_and_an_uneven_band(tmp_path: Path, toy_detector: Path) -> None:
    knots = Isotonic((-1.25, 0.5), (0.1, 0.7))
    calibration = Calibration(1.5, 0.3, uncertain=0.6, uncertain_below=0.1, isotonic=knots)
    save(toy(), tmp_path / "checkpoint", calibration)
    assert load_checkpoint(tmp_path / "checkpoint").calibration == calibration


def test_a_calibration_of_before_isotonic_loads(saved: Path) -> None:
    change_record(calibration={"temperature": 2.0, "threshold": 0.4, "uncertain": 0.1})(saved)
    assert load_checkpoint(saved).calibration == Calibration(2.0, 0.4, 0.1)


def test_a_new_calibration_leaves_the_weights(saved: Path, tmp_path: Path) -> None:
    before, weights = load_checkpoint(saved), (saved / "model.safetensors").read_bytes()
    chosen = Calibration(threshold=0.2)
    save_calibration(saved, chosen, {"posts": 7}, to=tmp_path / "copy")
    assert load_checkpoint(saved).hash == before.hash
    save_calibration(saved, chosen, {"posts": 7})
    after = load_checkpoint(saved)
    assert after.calibration == chosen
    assert after.details == {**before.details, "calibrated": {"posts": 7}}
    assert after.hash == load_checkpoint(tmp_path / "copy").hash != before.hash
    assert (saved / "model.safetensors").read_bytes() == weights
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_keeps_the_training_domain_and_hashes_it(tmp_path: Path, toy_detector: Path) -> None:
    domain, detector = Domain(torch.eye(4), 0.25, 60), toy()
    save(detector, tmp_path / "without")
    save(detector, tmp_path / "with", domain=domain)
    without, loaded = load_checkpoint(tmp_path / "without"), load_checkpoint(tmp_path / "with")
    assert without.domain is None
    assert loaded.domain is not None
    assert torch.equal(loaded.domain.reference, domain.reference)
    assert (loaded.domain.farthest, loaded.domain.held_out) == (0.25, 60)
    assert loaded.hash != without.hash


def test_hash_tells_weights_and_configuration_apart(tmp_path: Path, toy_detector: Path) -> None:
    other = toy()
    torch.nn.init.zeros_(other.judgment[1].bias)
    save(toy(), tmp_path / "a")
    save(toy(), tmp_path / "same")
    save(other, tmp_path / "weights")
    save(toy(dropout=0.3), tmp_path / "config")
    hashes = {name: load_checkpoint(tmp_path / name).hash for name in ("a", "same", "weights", "config")}
    assert hashes["a"] == hashes["same"]
    assert len(set(hashes.values())) == 3
    assert all(len(hash) == 16 for hash in hashes.values())


def test_half_precision_weights_become_single(saved: Path) -> None:
    def halve(state: dict[str, torch.Tensor]) -> None:
        for name, tensor in state.items():
            state[name] = tensor.half() if tensor.is_floating_point() else tensor

    change_weights(halve)(saved)
    loaded = load_checkpoint(saved).detector
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    batch = loaded.preprocess(toy_posts())
    torch.testing.assert_close(loaded(batch).logits, toy().eval()(batch).logits, atol=2e-2, rtol=0)


def test_a_failure_in_between_leaves_the_former(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_checkpoint(saved).hash

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module, "save_file", fails)
    with pytest.raises(OSError, match="disk full"):
        save(toy(dropout=0.5), saved)
    assert load_checkpoint(saved).hash == before
    assert not list(saved.parent.glob(".*"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off("model.safetensors"), "cut off"),
        (cut_off("checkpoint.json"), "not valid JSON"),
        (write("checkpoint.json", b"\xff\xfe garbage"), "not valid JSON"),
        (write("checkpoint.json", b"[]"), "checkpoint format None"),
        (write("model.safetensors", b"\x80\x04garbage"), "no safetensors"),
        (remove("model.safetensors"), "model.safetensors missing"),
        (remove("checkpoint.json"), "checkpoint.json missing"),
        (change_record(format=FORMAT + 1), f"format {FORMAT + 1}"),
        (change_record(detector="nothing"), "unknown detector 'nothing'"),
        (change_record(config={"drop": 1}), "unknown key 'drop'"),
        (change_record(calibration={"temperature": 0}), "temperature"),
        (
            change_record(calibration={"isotonic": {"logits": [0, 1], "probabilities": [0.9, 0.1]}}),
            "probabilities of the knots fall",
        ),
        (
            change_weights(lambda s: s.update({"judgment.1.bias": torch.zeros(2)})),
            r"shape \(2,\), not \(1,\)",
        ),
        (change_weights(lambda s: s.pop("judgment.1.bias")), "judgment.1.bias is missing"),
        (change_weights(lambda s: s.update({"other": torch.zeros(1)})), "other is unknown"),
    ],
)
def test_damage_is_named(saved: Path, damage: Damage, message: str) -> None:
    damage(saved)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(saved)


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "sprung",)

    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name in ("pytorch_model.bin", "checkpoint.pt"):
        (folder / name).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="pickles never"):
        load_checkpoint(folder)
    assert not (tmp_path / "sprung").exists()


def test_resolves_runs_and_checkpoints(saved: Path, tmp_path: Path) -> None:
    assert resolve_checkpoint(saved) == saved
    assert resolve_checkpoint(saved.parent) == saved
    assert resolve_checkpoint(str(saved.parent)) == saved


def test_says_why_a_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        resolve_checkpoint(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no checkpoint: it has no checkpoint.json"):
        resolve_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="has not finished"):
        resolve_checkpoint(tmp_path)


def test_begins_with_the_weights_that_fit(saved: Path) -> None:
    taken = load_file(saved / "model.safetensors")
    first, *rest = sorted(taken)
    save_file(
        {first: torch.zeros(1, 2, 3), **{name: taken[name] for name in rest}}, saved / "model.safetensors"
    )
    begun = other_toy()
    begin_with(begun, "toy", saved)
    found = begun.state_dict()
    assert all(torch.equal(found[name], taken[name]) for name in rest)
    assert torch.equal(found[first], other_toy().state_dict()[first])  # of another shape there


def other_toy() -> Toy:
    """A toy with no weight as in `toy`."""
    other = toy()
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    return other


def test_weights_of_another_detector_are_refused(saved: Path) -> None:
    with pytest.raises(CheckpointError, match="is of the detector 'toy'; 'micc' begins with"):
        begin_with(toy(), "micc", saved)


def test_weights_of_which_none_fits_are_refused(saved: Path) -> None:
    save_file({"elsewhere": torch.zeros(1)}, saved / "model.safetensors")
    with pytest.raises(CheckpointError, match="holds no weight that fits"):
        begin_with(toy(), "toy", saved)
