"""A trained run on its test posts: opened once, answered at the run's own calibration.

**N** posts, **D** width of the fused feature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.split_file import read_split
from rumorscope.detectors import Detector
from rumorscope.encoders.preprocess import read_picture
from rumorscope.evaluation.openings import open_test
from rumorscope.evaluation.predictions import Predictions, blinded, predict
from rumorscope.post import Post
from rumorscope.training.checkpoint import load_checkpoint
from rumorscope.training.config import DataConfig, RunConfig
from rumorscope.training.freezing import freeze_untrained
from rumorscope.training.frozen import known_features
from rumorscope.training.loading import Loader

BATCH = 32


@dataclass(frozen=True)
class Judgment:
    """What a run answered for its test posts."""

    predictions: Predictions
    threshold: float
    temperature: float
    checkpoint: str  # its hash
    openings: int | None


def judge(run: Path, config: RunConfig, features: Path | None) -> Judgment:
    """Open the test posts of a run's data and answer them; the fused features go into a file, if asked.

    Towers that the run did not train answer from the cache of features, as they did in training.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    checkpoint = load_checkpoint(run / "checkpoint", device)
    opened = [open_test(checkpoint, manifest) for manifest in divided_manifests(config.data)]
    posts = [post for part in opened for post in part.posts]
    freeze_untrained(checkpoint.detector)
    with known_features(checkpoint.detector, posts, Loader(checkpoint.detector.preprocess, workers=0)):
        answers = predict(checkpoint.detector, checkpoint.calibration, posts, batch_size=BATCH)
        fused = fused_features(checkpoint.detector, posts) if features is not None else None
    if features is not None and fused is not None and fused.shape[1] > 1:  # a baseline has but its answer
        write_features(features, fused)
    counts = [part.times for part in opened if part.times is not None]
    return Judgment(
        predictions=Predictions.of(posts, answers),
        threshold=checkpoint.calibration.threshold,
        temperature=checkpoint.calibration.temperature,
        checkpoint=checkpoint.hash,
        openings=max(counts) if counts else None,
    )


@torch.inference_mode()
def fused_features(detector: Detector, posts: Sequence[Post]) -> Tensor:
    """(N, D) float16: what the classifier reads of each post, in the order of the posts."""
    device = next((parameter.device for parameter in detector.parameters()), torch.device("cpu"))
    read = lru_cache(maxsize=64)(read_picture)
    order = sorted(
        range(len(posts)), key=lambda index: str(posts[index].images)
    )  # one picture after the other
    found: dict[int, Tensor] = {}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        samples = [detector.preprocess.prepare(blinded(posts[index]), read) for index in chosen]
        output = detector(detector.preprocess.collate(samples).to(device))
        found |= zip(chosen, output.features.to("cpu", torch.float16), strict=True)
    return torch.stack([found[index] for index in range(len(posts))])


def write_features(path: Path, features: Tensor) -> None:
    """Write whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    save_file({"features": features.contiguous()}, partial)
    partial.replace(path)


def divided_manifests(data: DataConfig) -> Iterator[Manifest]:
    """The manifests of a run's data, divided as its split file says."""
    for folder in data.folders:
        manifest = load_manifest(folder)
        yield manifest if data.split is None else read_split(data.split).apply(manifest, data.fold)
