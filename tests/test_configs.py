"""Every shipped configuration is read, built with tiny towers in place of its own, and asked about a post."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from rumorscope.detectors import Detector, detector_class, detector_names
from rumorscope.encoders._interface import ImageEncoder, ImageTowerConfig, TextEncoder, TextTowerConfig
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.evaluation.experiments.config import is_experiment
from rumorscope.training.config import (
    DataConfig,
    HoldOut,
    RunConfig,
    StageConfig,
    TrainingConfig,
    read_run_config,
)
from rumorscope.training.stages import chosen_stages
from tiny import TEXT_POSITIONS, tiny_clip, tiny_posts

FOLDER = Path(__file__).parents[1] / "configs"
RUNS = sorted(path for path in FOLDER.rglob("*.toml") if not is_experiment(path))
MICC = [path for path in RUNS if read_run_config(path).name == "micc"]


class TinyTowers:
    """Tiny towers at the sizes and scales that a configuration names."""

    def __init__(self, folder: Path) -> None:
        self._tiny = {"model": str(tiny_clip(folder))}

    def text(self, name: str, config: TextTowerConfig) -> TextEncoder:
        limits = {"max_tokens": min(config.max_tokens, TEXT_POSITIONS)}
        return PretrainedTowers().text(name, config.model_copy(update=self._tiny | limits))

    def image(self, name: str, config: ImageTowerConfig) -> ImageEncoder:
        return PretrainedTowers().image(name, config.model_copy(update=self._tiny))


@pytest.fixture(params=RUNS, ids=lambda path: path.stem)
def config(request: pytest.FixtureRequest) -> RunConfig:
    return read_run_config(request.param)


@pytest.fixture
def detector(config: RunConfig, tmp_path: Path) -> Detector:
    return detector_class(config.name)(config.detector_config(), TinyTowers(tmp_path / "clip")).eval()


def test_every_detector_has_one() -> None:
    assert {read_run_config(path).name for path in RUNS} == set(detector_names())
    assert {path.stem for path in MICC} >= {"micc-twitter", "micc-pheme", "micc-weibo"}


def test_builds_and_answers(config: RunConfig, detector: Detector) -> None:
    with torch.no_grad():
        logits = detector(detector.preprocess(tiny_posts()[:2])).logits
    assert logits.isfinite().all()
    if "image" in detector.reads and "image" in config.resolved().detector:
        assert detector.preprocess.image_size == config.resolved().detector["image"]["image_size"]


def test_stages_are_the_detectors(config: RunConfig, detector: Detector) -> None:
    left_out = {name for name, change in config.training.stages.items() if change.epochs == 0}
    stages = chosen_stages(detector, config.training)
    assert [stage.name for stage in stages] == [s.name for s in detector.stages() if s.name not in left_out]
    assert any(stage.data == "captions" for stage in stages) == bool(config.data.captions)


def test_published_values_of_micc() -> None:
    """MICC, section 4.1.2, table 3 and figure 8."""
    for name, relevance_weight in (("pheme", 0.30), ("weibo", 0.35)):
        detector = read_run_config(FOLDER / f"micc-{name}.toml").resolved().detector
        assert detector["relevance_weight"] == relevance_weight
        assert detector["image"]["receptive_fields"] == [32, 64]
        assert (detector["top_k"], detector["fusion_layers"], detector["fusion_width"]) == (2, 2, 256)
        assert (detector["projection_learning_rate"], detector["learning_rate"]) == (5e-4, 2e-4)
        assert detector["contrastive_batch_size"] == 64


def test_variants_of_the_comments_are_valid() -> None:
    for path in MICC:
        for variant in ("ms_alpha", "ms_beta", "a_gamma", "a_delta", "concate"):
            read_run_config(path, [f"detector.variant={variant}"])
        read_run_config(path, ["detector.variant=clip", "detector.image.receptive_fields=[32]"])


def test_documentation_is_in_step(tmp_path: Path) -> None:
    """Its example is read, and each key that a run can have is explained."""
    text = (Path(__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "example.toml").write_text(example, encoding="utf-8")
    read_run_config(tmp_path / "example.toml")
    for kind in (TrainingConfig, StageConfig):
        for key in kind.model_fields.keys() - {"stages"}:
            assert f"| `{key}` |" in text
    for kind in (DataConfig, HoldOut):
        assert all(key in example for key in kind.model_fields)
