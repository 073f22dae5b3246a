"""What was answered for each post, beside what is true. **N** posts."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rumorscope.data.images import image_key
from rumorscope.detectors import Detector
from rumorscope.encoders.preprocess import read_picture
from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.post import Label, Post
from rumorscope.training.checkpoint import Calibration
from rumorscope.training.objective import device_of

NAMED = 10  # posts that a message names before it only counts


@dataclass(frozen=True)
class Predictions:
    """The rumor probability of labelled posts, in the order of the posts."""

    ids: tuple[str, ...]
    labels: Integers  # (N,) 1 = rumor
    probabilities: Floats  # (N,) 0 to 1
    events: tuple[str | None, ...]

    @classmethod
    def of(cls, posts: Sequence[Post], probabilities: Floats) -> Predictions:
        """Join posts and probabilities. Raises InputError for no posts or a post without a label."""
        check_labelled(posts)
        labels = np.array([post.label for post in posts], dtype=np.int64)
        ids, events = tuple(post.id for post in posts), tuple(post.event for post in posts)
        return cls(ids, labels, np.asarray(probabilities, dtype=np.float64), events)

    def write_csv(self, path: Path) -> None:
        """Write one row a post: id, label (rumor or non_rumor), probability, event."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label", "probability", "event"])
            rows = zip(self.ids, self.labels, self.probabilities, self.events, strict=True)
            for id, label, probability, event in rows:
                writer.writerow([id, Label(label).name.lower(), float(probability), event or ""])


def check_labelled(posts: Sequence[Post]) -> None:
    """Raise InputError unless there are posts and every one has its label."""
    if not posts:
        raise InputError("no posts to evaluate on; name a split that holds some")
    unlabelled = [post.id for post in posts if post.label is None]
    if unlabelled:
        raise InputError(
            f"{len(unlabelled)} of {len(posts)} posts have no label, which an evaluation needs: "
            f"{_listed(unlabelled)}; label them, or leave them out of the split"
        )


def blinded(post: Post) -> Post:
    """The post as a detector may see it in a test: without its label and event."""
    return replace(post, label=None, event=None, manipulation=None)


def predict(
    detector: Detector,
    calibration: Calibration,
    posts: Sequence[Post],
    *,
    batch_size: int = 32,
    advance: Callable[[int], object] = lambda posts: None,
) -> Floats:
    """The calibrated rumor probability (N,) of every post, in the given order.

    Posts of one picture and of similar length share a batch, which saves time and changes no answer.
    The detector gets the posts without their labels and events, so an answer cannot rest on them.
    `advance` is told of the posts done. Raises InputError that names every post that cannot be read: a score
    over the readable ones only would look like a score over all. Raises CheckpointError for NaN answers.
    """
    logits = predict_logits(detector, posts, batch_size=batch_size, advance=advance)
    return np.asarray(calibration.probability(logits).double().numpy())


@torch.inference_mode()
def predict_logits(
    detector: Detector,
    posts: Sequence[Post],
    *,
    batch_size: int = 32,
    advance: Callable[[int], object] = lambda posts: None,
) -> Tensor:
    """The log-odds (N,) of rumor before calibration, under the same rules as `predict`."""
    answers = torch.full((len(posts),), torch.nan)
    device = device_of(detector)
    unreadable: dict[int, InputError] = {}
    read = lru_cache(maxsize=64)(read_picture)  # posts of one picture come one after the other
    order = sorted(range(len(posts)), key=lambda index: _likeness(posts[index]))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        samples = []
        for index in chosen:
            try:
                samples.append(detector.preprocess.prepare(blinded(posts[index]), read))
            except InputError as error:
                unreadable[index] = error
        if not unreadable:  # else only look for the others that cannot be read
            answers[chosen] = detector(detector.preprocess.collate(samples).to(device)).logits.float().cpu()
        advance(len(chosen))
    if unreadable:
        raise InputError(_complaint(posts, unreadable))
    _check_numbers(posts, answers)
    return answers


def _likeness(post: Post) -> tuple[list[str], int, str]:
    """Ends with the id, so that batches do not show the order of the file, which may go by label."""
    keys = [str(source) if isinstance(source, Path) else image_key(source) for source in post.images]
    return keys, len(post.text), post.id


def _complaint(posts: Sequence[Post], unreadable: dict[int, InputError]) -> str:
    first = min(unreadable)
    ids = _listed([posts[index].id for index in sorted(unreadable)])
    return (
        f"{len(unreadable)} of {len(posts)} posts cannot be read, and none may be left out unsaid: {ids} "
        f"(the first: {unreadable[first]}); mend them, or take them out of the manifest"
    )


def _check_numbers(posts: Sequence[Post], answers: Tensor) -> None:
    broken = [post.id for post, answer in zip(posts, answers.tolist(), strict=True) if math.isnan(answer)]
    if broken:
        raise CheckpointError(
            f"the detector gives no number for {len(broken)} of {len(posts)} posts: {_listed(broken)}; "
            "its weights are likely broken, train it again"
        )


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{', '.join(ids[:NAMED])}{more}"
