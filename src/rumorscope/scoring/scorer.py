"""Posts → verdicts: the only place where verdicts are made, for the command line, files and services alike.

Shapes: **B** posts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from rumorscope.data.row import whole_characters
from rumorscope.data.text import clean_text
from rumorscope.detectors import Detector, Output
from rumorscope.encoders.preprocess import Batch, Sample
from rumorscope.errors import InputError
from rumorscope.explanation.occlusion import complete
from rumorscope.explanation.record import read_faithfulness
from rumorscope.post import Evidence, FailureModes, Label, Post, Verdict
from rumorscope.runtime.engines import TORCH, use_runtime
from rumorscope.scoring.prefetch import prefetch
from rumorscope.training.checkpoint import Calibration, load_checkpoint, resolve_checkpoint
from rumorscope.training.domain import Domain


@dataclass(frozen=True, slots=True)
class BadPost:
    """A post that could not even be read, in the place where its verdict is expected."""

    id: str
    error: str


class Scorer:
    """Judges posts with a trained detector.

    A post that cannot be judged gives a verdict with its `error`, and no other post's answer changes.
    """

    def __init__(
        self,
        detector: Detector,
        calibration: Calibration,
        *,
        name: str,
        checkpoint: str,
        device: str = "cpu",
        faithfulness: str | None = None,
        domain: Domain | None = None,
        details: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        runtime: str = TORCH,
    ) -> None:
        self.detector = detector.to(device).eval()
        self.calibration = calibration
        self.name = name
        self.checkpoint = checkpoint
        self.device = device
        self.faithfulness = faithfulness  # what the evidence says of its own trustworthiness
        self.domain = domain
        self.details = details or {}  # of the training, as the checkpoint tells them
        self.folder = folder  # of the checkpoint, where it has one
        self.runtime = runtime  # what its towers answer by, such as openvino-int8
        # A tokenizer's first call sets its truncation, which two threads must not do at once.
        detector.preprocess.prepare(Post("", ""))

    @classmethod
    def load(cls, checkpoint: str | Path = "compact", *, device: str = "auto", runtime: str = "auto") -> Self:
        """Load a run's folder, a checkpoint's folder, or "compact", which the package carries.

        `runtime` "auto" takes what `rumorscope export` wrote, where it did; see `use_runtime` for the others.
        Raises InputError where there is none, and CheckpointError where it is damaged.
        """
        device = pick_device(device)
        loaded = load_checkpoint(resolve_checkpoint(checkpoint), device)
        answering = use_runtime(loaded, runtime, device)
        return cls(
            loaded.detector,
            loaded.calibration,
            name=loaded.name,
            checkpoint=loaded.hash,
            device=device,
            domain=loaded.domain,
            details=loaded.details,
            folder=loaded.folder,
            runtime=answering,
            faithfulness=read_faithfulness(loaded.folder, loaded.hash),
        )

    def __call__(
        self, posts: Iterable[Post | BadPost], *, batch_size: int = 32, explain: bool = False
    ) -> Iterator[Verdict]:
        """One verdict a post, in order, as they come: posts are prepared in threads ahead of the model.

        With `explain`, each verdict carries its evidence, which takes one more answer for each region.
        """
        prepared = prefetch(self.prepare, posts, ahead=2 * batch_size)
        while batch := list(itertools.islice(prepared, batch_size)):
            yield from self.judge(batch, explain=explain)

    @torch.inference_mode()
    def probabilities(self, samples: Sequence[Sample], *, batch_size: int = 32) -> list[float]:
        """The calibrated rumor probability of each sample."""
        answers: list[float] = []
        for start in range(0, len(samples), batch_size):
            _, output = self._forward(samples[start : start + batch_size])
            answers += self._calibrated(output.logits)
        return answers

    def prepare(self, post: Post | BadPost) -> Sample | BadPost:
        """Read and tokenise one post; safe in any thread. A post that cannot be judged says why."""
        if isinstance(post, BadPost):
            return post
        try:
            sample = self.detector.preprocess.prepare(post)
        except InputError as error:
            return BadPost(post.id, str(error))
        except Exception as error:  # noqa: BLE001  # one odd post must not end a run over millions
            return BadPost(post.id, f"post {post.id}: cannot be read: {type(error).__name__}: {error}")
        if not post.images and not clean_text(post.text):
            return BadPost(post.id, f"post {post.id}: neither text nor image; give one of them")
        return sample

    @torch.inference_mode()
    def judge(self, prepared: Sequence[Sample | BadPost], *, explain: bool = False) -> list[Verdict]:
        """One verdict for each, in order, all in one batch; by one thread at a time."""
        samples = [sample for sample in prepared if isinstance(sample, Sample)]
        judged = iter(self._verdicts(samples, explain=explain))
        return [next(judged) if isinstance(item, Sample) else self._failed(item) for item in prepared]

    def _verdicts(self, samples: Sequence[Sample], *, explain: bool) -> list[Verdict]:
        if not samples:
            return []
        batch, output = self._forward(samples)
        verdicts = [
            replace(self._verdict(sample.post, probability, warning), missing=missing)
            for sample, probability, warning, missing in zip(
                samples,
                self._calibrated(output.logits),
                self._warnings(output),
                self.detector.missing(batch),
                strict=True,
            )
        ]
        if not explain:
            return verdicts
        evidence = [
            replace(found, failure_modes=modes)
            for found, modes in zip(
                self.detector.evidence(batch, output), self._failure_modes(batch, output), strict=True
            )
        ]
        return [
            replace(verdict, evidence=self._complete(found, sample)) if verdict.error is None else verdict
            for verdict, found, sample in zip(verdicts, evidence, samples, strict=True)
        ]

    def _complete(self, evidence: Evidence, sample: Sample) -> Evidence:
        completed = complete(evidence, sample, self.probabilities, self.detector.preprocess)
        return replace(completed, faithfulness=self.faithfulness)

    def _forward(self, samples: Sequence[Sample]) -> tuple[Batch, Output]:
        batch = self.detector.preprocess.collate(samples).to(self.device)
        return batch, self.detector(batch)

    def _calibrated(self, logits: Tensor) -> list[float]:
        probabilities: list[float] = self.calibration.probability(logits).tolist()  # (B,)
        return probabilities

    def _failure_modes(self, batch: Batch, output: Output) -> list[FailureModes]:
        ruled_out = {
            name: self._calibrated(logits) for name, logits in self.detector.ruled_out(batch, output).items()
        }
        return [
            FailureModes(**{name: None if math.isnan(p[row]) else p[row] for name, p in ruled_out.items()})
            for row in range(len(batch))
        ]

    def _warnings(self, output: Output) -> list[str | None]:
        if self.domain is None:
            return [None] * len(output.logits)
        return self.domain.warnings(output.features)

    def _verdict(self, post: Post, probability: float, warning: str | None) -> Verdict:
        if math.isnan(probability):
            return self._failed(BadPost(post.id, f"post {post.id}: the detector gave no number"))
        label = Label.RUMOR if probability >= self.calibration.threshold else Label.NON_RUMOR
        doubt = self._doubt(probability)
        return Verdict(post.id, probability, label, self.name, self.checkpoint, doubt, warning=warning)

    def _doubt(self, probability: float) -> str | None:
        low, high = self.calibration.undecided
        if not low < probability < high:
            return None
        return (
            f"the probability {probability:.2f} lies between {low:.2f} and {high:.2f}, where this detector "
            "was set to leave the decision to a person"
        )

    def _failed(self, bad: BadPost) -> Verdict:
        post_id, error = whole_characters(bad.id), whole_characters(bad.error)
        return Verdict(post_id, None, None, self.name, self.checkpoint, error=error)


def pick_device(device: str) -> str:
    """The named device; "auto" is a GPU where there is one. Raises InputError where it cannot be used."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # all three are torch's own words
        first = str(error).splitlines()[0]
        raise InputError(f"device '{device}' cannot be used ({first}); use auto, cpu or cuda") from error
    return device
