"""The one loop that trains every detector, driven by its stages.

Everything random in a step derives from (seed, stage, epoch, step), so that a run which was killed goes on
as if it had not been.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from rumorscope.detectors import Detector, Fit, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import CheckpointError, InputError, RumorscopeError
from rumorscope.post import Post
from rumorscope.training.config import TrainingConfig
from rumorscope.training.freezing import train_only
from rumorscope.training.frozen import remembered_features
from rumorscope.training.history import History
from rumorscope.training.learner import Learner
from rumorscope.training.loading import Loader
from rumorscope.training.material import Material
from rumorscope.training.objective import TOTAL, Precision, autocast, joined
from rumorscope.training.processes import Processes
from rumorscope.training.progress import Report, Silent
from rumorscope.training.sampling import (
    epoch_batches,
    in_batches,
    one_per_image,
    seed_everything,
    seed_of,
    share,
)
from rumorscope.training.stages import chosen_stages
from rumorscope.training.state import Position, load_state, load_weights, save_state, save_weights
from rumorscope.training.validation import Validation, validate

_POSTS_A_PASS = 32


class Trainer:
    """Trains a detector in place through its stages; `folder` gets `history.jsonl` and `state/`.

    Goes on from the state in `folder`, if there is one, with a detector built as it was at first. Raises
    InputError where configuration and posts cannot serve the stages, before anything is computed.
    """

    def __init__(
        self,
        detector: Detector,
        material: Material,
        config: TrainingConfig,
        folder: Path,
        *,
        processes: Processes | None = None,
        report: Report | None = None,
    ) -> None:
        self.processes = processes or Processes()
        self.detector = detector.to(self.processes.device)
        self.stages = chosen_stages(detector, config)
        self._material, self._config = material, config
        self._report = report or Silent()
        self._loader = Loader(detector.preprocess, config.workers)
        self._state, self._best = (folder / "state" / f"{name}.safetensors" for name in ("latest", "best"))
        for stage in self.stages:
            self._check(stage)
        self.position = Position()
        self._moments: dict[int, dict[str, Tensor]] = {}
        if self._state.is_file():
            self.position, weights, self._moments = load_state(self._state)
            self._put_back(weights)
        self.history = History(
            folder / "history.jsonl" if self.processes.is_main else None, self.position.rows
        )
        self._saved = time.monotonic()

    def run(self) -> History:
        """Train through all stages, to the weights that the last one selects."""
        for index, stage in enumerate(self.stages):
            if index != self.position.stage:
                continue
            if isinstance(stage, Fit):
                self._fit_stage(stage)
            else:
                self._train_stage(stage)
        self._freeze_for(self.stages[-1])  # a run that was stopped behind its last stage has trained nothing
        self.detector.eval()
        return self.history

    def validate(self, stage: Stage | Fit, precision: Precision = "no") -> Validation:
        """How the detector does now on the stage's validation posts."""
        _, posts = self._material.of(stage)
        with self._remembering(posts, precision):
            return self._validate(stage, posts, precision)

    def _validate(self, stage: Stage | Fit, posts: Sequence[Post], precision: Precision) -> Validation:
        captions = stage.sampling == "one_per_image"
        order = one_per_image(posts, random.Random(0)) if captions else range(len(posts))
        batches = self._load(posts, in_batches(order, stage.batch_size))
        return validate(self.detector, stage, batches, self.processes, precision)

    @contextmanager
    def _remembering(self, posts: Sequence[Post], precision: Precision) -> Iterator[None]:
        reads_all = self._loader
        with remembered_features(self.detector, posts, reads_all, precision, self._report.encode) as loader:
            self._loader = loader
            yield
        self._loader = reads_all

    @torch.inference_mode()
    def features(self, posts: Sequence[Post]) -> Tensor:
        """What the classifier reads of each post (N, D), in full precision, as the detector will score."""
        batches = in_batches(range(len(posts)), _POSTS_A_PASS)
        self.detector.eval()
        with remembered_features(self.detector, posts, self._loader, "no", self._report.encode) as loader:
            found = [
                self.detector(batch.to(self.processes.device)).features.float().cpu()
                for batch in loader.batches(posts, batches)
            ]
        return torch.cat(found) if found else torch.empty(0, 1)

    def _check(self, stage: Stage | Fit) -> None:
        _, validation = self._material.of(stage)
        if not self._selects_by_auc(stage):
            return
        if len({post.label for post in validation} - {None}) < 2:
            raise InputError(
                f"stage '{stage.name}' selects by AUC, which needs validation posts of both classes; "
                "hold out more, or set select_by = 'loss'"
            )

    def _selects_by_auc(self, stage: Stage | Fit) -> bool:
        """Captions have no classes: there the loss decides."""
        return self._config.select_by == "auc" and stage.select == "validation" and stage.data == "posts"

    def _train_stage(self, stage: Stage) -> None:
        train, validation = self._material.of(stage)
        self._freeze_for(stage)
        learner = Learner(self.detector, stage, self._config, self.processes)
        learner.restore(self._moments, self.position.scaler)
        precision = self._config.mixed_precision
        with self._remembering([*train, *validation], precision):
            while not self._is_over(stage):
                self._train_epoch(stage, learner, train)
                self._end_epoch(stage, learner, validation)
        if stage.select == "validation":
            self.processes.wait()  # the main process has just written it
            self._put_back(load_weights(self._best))
        self.position.next_stage()
        self._moments = {}
        self._save(None)

    def _freeze_for(self, stage: Stage | Fit) -> None:
        groups = stage.groups if isinstance(stage, Stage) else []
        train_only(self.detector, [parameter for group in groups for parameter in group.parameters])

    def _fit_stage(self, stage: Fit) -> None:
        """Every process fits to all posts, so that all stay equal. One that is killed here fits again."""
        train, validation = self._material.of(stage)
        self.detector.requires_grad_(False).eval()
        precision = self._config.mixed_precision
        with self._remembering([*train, *validation], precision):
            started = time.monotonic()
            with torch.no_grad(), autocast(precision, self.processes.device):
                stage.fit(self._all_in_order(stage, train))
            self.position.losses.posts = len(train)
            self.position.seconds = time.monotonic() - started
            validated = self._validate(stage, validation, precision) if validation else None
        self._end_row(stage, [], validated, best=False)
        self.position.next_stage()
        self._save(None)

    def _all_in_order(self, stage: Fit, posts: Sequence[Post]) -> Iterator[Batch]:
        batches = in_batches(range(len(posts)), stage.batch_size)
        self._report.start_epoch(stage.name, 1, 1, len(batches), 0)
        started = time.monotonic()
        for batch in self._loader.batches(posts, batches):
            yield batch.to(self.processes.device)
            self._report.step({}, len(batch) / (time.monotonic() - started))
            started = time.monotonic()

    def _is_over(self, stage: Stage) -> bool:
        if self.position.epoch >= stage.epochs:
            return True
        best = self.position.best_epoch
        return best is not None and self.position.epoch - 1 - best >= self._config.patience

    def _train_epoch(self, stage: Stage, learner: Learner, posts: Sequence[Post]) -> None:
        position = self.position
        batches = self._order(stage, posts)
        self._report.start_epoch(stage.name, position.epoch + 1, stage.epochs, len(batches), position.step)
        rest = batches[position.step :]
        started = time.monotonic()
        for indices, batch in zip(rest, self._load(posts, rest), strict=True):
            seed_everything(
                seed_of(self._config.seed, stage.name, position.epoch, position.step, self.processes.index)
            )
            number = position.epoch * len(batches) + position.step
            losses = learner.step(batch, posts=len(indices), number=number)
            self._refuse_divergence(stage, losses.means()[TOTAL])
            position.step += 1
            position.losses = joined([position.losses, losses])
            seconds, started = time.monotonic() - started, time.monotonic()
            position.seconds += seconds
            self._report.step(position.losses.means(), len(indices) / seconds)
            if time.monotonic() - self._saved >= self._config.save_seconds:
                self._save(learner)

    def _order(self, stage: Stage, posts: Sequence[Post]) -> list[list[int]]:
        return epoch_batches(
            stage,
            posts,
            seed=self._config.seed,
            epoch=self.position.epoch,
            oversample=self._config.class_balance == "oversample",
        )

    def _load(self, posts: Sequence[Post], batches: Sequence[Sequence[int]]) -> Iterator[Batch]:
        mine = [share(batch, self.processes.index, self.processes.count) for batch in batches]
        return self._loader.batches(posts, mine)

    def _end_epoch(self, stage: Stage, learner: Learner, posts: Sequence[Post]) -> None:
        validation = self._validate(stage, posts, self._config.mixed_precision) if posts else None
        best = stage.select == "validation" and validation is not None and self._is_best(stage, validation)
        if best and self.processes.is_main:
            save_weights(self._best, self._weights())
        self._end_row(stage, learner.rates(), validation, best=best)
        self.position.next_epoch()
        self._save(learner)

    def _end_row(
        self, stage: Stage | Fit, rates: Sequence[float], validation: Validation | None, *, best: bool
    ) -> None:
        row = {
            "stage": stage.name,
            "epoch": self.position.epoch + 1,
            "posts": self.position.losses.posts,
            "seconds": round(self.position.seconds, 3),
            "learning_rates": rates,
            "train": self.position.losses.means(),
            "validation": validation.metrics() if validation else {},
            "best": best,
        }
        self.history.append(row)
        self._report.end_epoch(row)
        self.position.rows += 1

    def _is_best(self, stage: Stage, validation: Validation) -> bool:
        score = validation.auc if self._selects_by_auc(stage) else -validation.losses[TOTAL]
        if score is None or (self.position.best_score is not None and score <= self.position.best_score):
            return False
        self.position.best_score, self.position.best_epoch = score, self.position.epoch
        return True

    def _refuse_divergence(self, stage: Stage, loss: float) -> None:
        if not math.isfinite(loss):
            raise RumorscopeError(
                f"the loss became {loss} in epoch {self.position.epoch + 1}, step {self.position.step + 1}; "
                f"set learning_rate_scale below 1 in [training.stages.{stage.name}]"
            )

    def _weights(self) -> dict[str, Tensor]:
        """What training can change: the parameters of all stages, and the running statistics."""
        groups = [group for stage in self.stages if isinstance(stage, Stage) for group in stage.groups]
        learned = {id(parameter) for group in groups for parameter in group.parameters}
        fixed = {name for name, parameter in self.detector.named_parameters() if id(parameter) not in learned}
        state = self.detector.state_dict()
        return {name: tensor for name, tensor in state.items() if name not in fixed}

    def _put_back(self, weights: dict[str, Tensor]) -> None:
        self.detector.grow_to({name: tuple(tensor.shape) for name, tensor in weights.items()})
        if unknown := self.detector.load_state_dict(weights, strict=False).unexpected_keys:
            raise CheckpointError(f"{self._state.parent} is of another detector: it has {unknown[0]}")

    def _save(self, learner: Learner | None) -> None:
        self._saved = time.monotonic()
        if self.processes.is_main:
            self.position.scaler = learner.scaler.state_dict() if learner else {}
            save_state(self._state, self.position, self._weights(), learner.optimizer if learner else None)
