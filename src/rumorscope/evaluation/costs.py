"""What it costs to judge a post: parameters, multiply-adds, and posts judged a second."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from PIL import Image
from torch import nn
from torch.backends import mha, mkldnn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from rumorscope.detectors import Detector, Fit, Stage
from rumorscope.encoders.preprocess import MAX_TEXT_CHARACTERS, Batch
from rumorscope.errors import InputError
from rumorscope.post import Post


def learned_parameters(stages: Sequence[Stage | Fit]) -> int:
    """How many numbers the stages change by gradients, each counted once; 0 for what is only fitted."""
    groups = [group for stage in stages if isinstance(stage, Stage) for group in stage.groups]
    return _size({parameter for group in groups for parameter in group.parameters})


def all_parameters(detector: Detector) -> int:
    """How many numbers a detector holds as parameters, those of its towers included."""
    return _size(set(detector.parameters()))


def multiply_adds(detector: Detector, batch: Batch) -> int:
    """Multiplications with an addition each in answering a batch: of linear layers, convolutions, attention
    and recurrent layers. What goes entry by entry, and what scikit-learn computes, is not counted.
    """
    detector.eval()
    with torch.no_grad(), _every_product_in_sight(), FlopCounterMode(display=False) as counter:
        detector(batch)
    return int(counter.get_total_flops()) // 2


def longest_post(detector: Detector) -> Post:
    """A post with as many tokens as the detector reads, and one picture."""
    pixels = Image.effect_noise((256, 256), 60)
    file = io.BytesIO()
    pixels.convert("RGB").save(file, format="PNG")
    text = "rumor " * detector.preprocess.max_tokens
    return Post("longest", text[:MAX_TEXT_CHARACTERS], (file.getvalue(),))


def posts_per_second(detector: Detector, batches: Sequence[Batch], *, rounds: int = 3) -> float:
    """How many posts are judged a second, towers included, their pictures and tokens being at hand.

    The median of some rounds over all batches, after one that is not counted. Raises InputError where there
    is no post.
    """
    posts = sum(len(batch) for batch in batches)
    if posts == 0:
        raise InputError("there is no post to measure with; give some")
    detector.eval()
    seconds = [_seconds(detector, batches) for _ in range(rounds + 1)][1:]
    return posts / statistics.median(seconds)


@torch.inference_mode()
def _seconds(detector: Detector, batches: Sequence[Batch]) -> float:
    started = time.perf_counter()
    for batch in batches:
        detector(batch)
    return time.perf_counter() - started


@contextmanager
def _every_product_in_sight() -> Iterator[None]:
    """Without the fused operations of attention and recurrent layers, which the counter does not know."""
    fast, fused = mha.get_fastpath_enabled(), mkldnn.enabled
    mha.set_fastpath_enabled(False)
    mkldnn.set_flags(_enabled=False)  # type: ignore[no-untyped-call]  # torch
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        mha.set_fastpath_enabled(fast)
        mkldnn.set_flags(_enabled=fused)  # type: ignore[no-untyped-call]  # torch


def _size(parameters: set[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)
