"""What every detector must do, whatever it computes. A detector's own tests show the rest.

The towers of a detector's configuration are found by their type and replaced by tiny ones, so that a new
detector needs no change here.
"""

from __future__ import annotations

import copy
import pickle
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Fit, Stage
from rumorscope.encoders._interface import ImageTowerConfig, TextTowerConfig
from rumorscope.encoders.preprocess import Batch
from rumorscope.encoders.sources import PretrainedTowers, SavedTowers, save_towers
from rumorscope.post import Label, Post
from rumorscope.training.frozen import remembered_features
from rumorscope.training.loading import Loader
from tiny import tiny_forgeries, tiny_picture, tiny_posts

IMAGE_SIZE, RECEPTIVE_FIELDS = 64, (16, 32)  # 16 fine regions, 4 coarse ones
FASTEST = 2e-3  # a learning rate at which whatever can be learned is, and nothing is thrown about


@dataclass(frozen=True)
class Case:
    """A detector under one configuration."""

    detector: type[Detector]
    towers: Path  # a CLIP checkpoint
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Settings:
        """The detector's defaults with tiny towers and the case's changes; those of a tower are merged in."""
        tiny: dict[Any, dict[str, Any]] = {
            TextTowerConfig: {"model": str(self.towers), "max_tokens": 32},
            ImageTowerConfig: {
                "model": str(self.towers),
                "image_size": IMAGE_SIZE,
                "receptive_fields": RECEPTIVE_FIELDS,
            },
        }
        fields = self.detector.Config.model_fields.items()
        values = {name: tiny[field.annotation] for name, field in fields if field.annotation in tiny}
        merged = {name: values[name] | self.changes.get(name, {}) for name in values}
        return self.detector.Config.parse({**self.changes, **merged})

    @cached_property
    def _template(self) -> Detector:
        torch.manual_seed(0)
        detector = self.detector(self.config, PretrainedTowers()).eval()
        for stage in detector.stages():
            if isinstance(stage, Fit):
                fit_to_eight(detector, stage)
        return detector

    def build(self) -> Detector:
        """A fresh detector, in evaluation mode; the same one each time. Copying is faster than building.

        What is fitted is fitted to the eight posts; what learns by gradients has learnt nothing yet.
        """
        torch.manual_seed(0)
        return copy.deepcopy(self._template)


def check_says_what_it_is(case: Case) -> None:
    """Its paper, and its idea in one sentence, each on a line of a table."""
    detector = case.detector
    assert detector.paper.strip()
    assert re.fullmatch(r"[A-Z][^\n.!?]{20,100}\.", detector.idea), (
        f"no single short sentence: {detector.idea!r}"
    )


def check_shapes(case: Case) -> None:
    """One finite number a post, and what the classifier reads."""
    output = _answer(case.build(), tiny_posts())
    assert output.logits.shape == (8,)
    assert output.features.shape[0] == 8
    assert output.features.dim() == 2
    assert output.logits.isfinite().all()
    if case.build().reads:
        assert output.logits.std() > 0  # not one answer to everything


def check_answer_is_independent_of_batch_mates(case: Case) -> None:
    """The same answer alone, in any order, and beside longer texts and more pictures."""
    detector, posts = case.build(), tiny_posts()
    together = _answer(detector, posts).logits
    alone = torch.cat([_answer(detector, [post]).logits for post in posts])
    backwards = _answer(detector, posts[::-1]).logits.flip(0)
    crowd = [Post("crowd", "shark " * 25, tuple(tiny_picture(c) for c in ("pink", "navy", "gold")))]
    beside_a_crowd = _answer(detector, [*crowd, *posts]).logits[1:]
    for other in (alone, backwards, beside_a_crowd):
        torch.testing.assert_close(other, together, rtol=1e-4, atol=1e-5)


def check_modalities_may_be_missing(case: Case) -> None:
    """Batches without any picture, any text, or either; and a post that has neither among others."""
    detector = case.build()
    text, image = "shark in the street", (tiny_picture("red"),)
    alone = []
    for post in (Post("t", text), Post("i", "", image), Post("-", "")):
        logits = _answer(detector, [post, post]).logits
        assert logits.isfinite().all()
        alone.append(logits[:1])
    mixed = _answer(detector, [Post("t", text), Post("i", "", image), Post("-", "")]).logits
    torch.testing.assert_close(mixed, torch.cat(alone), rtol=1e-4, atol=1e-5)


def check_pictures_are_seen_through_towers_only(case: Case) -> None:
    """Frozen towers may answer from what they once said: no picture is read, and `pixels` are numbers."""
    detector, posts = case.build().requires_grad_(False), tiny_posts()
    expected = _answer(detector, posts).logits
    reading = Loader(detector.preprocess, workers=0)
    with remembered_features(detector, posts, reading, "no", lambda tower, done, total: None) as loader:
        (batch,) = loader.batches(posts, [range(len(posts))])
        with torch.no_grad():
            torch.testing.assert_close(detector(batch).logits, expected, rtol=1e-4, atol=1e-5)


def check_gradients_reach_every_parameter(case: Case) -> None:
    """In each stage, every parameter that it trains gets a gradient, and it trains none twice."""
    for position, stage in _by_gradients(case):
        detector = case.build().train()
        posts = tiny_forgeries() if stage.data == "forgeries" else tiny_posts()
        parameters = _train_only(detector, detector.stages()[position])
        assert len({id(parameter) for parameter in parameters.values()}) == len(parameters)
        assert parameters
        _loss(detector, detector.stages()[position], detector.preprocess(posts)).backward()
        without = [
            name
            for name, parameter in parameters.items()
            if parameter.grad is None or not parameter.grad.isfinite().all() or not parameter.grad.any()
        ]
        assert without == [], f"no gradient in stage '{stage.name}'"


def check_any_batch_can_be_trained_on(case: Case) -> None:
    """A single post, posts without labels, and posts without pictures give a finite loss and gradient."""
    posts = tiny_posts()
    batches = [
        posts[:1],
        [replace(post, label=None) for post in posts],
        [replace(p, images=()) for p in posts],
    ]
    for position, _ in _by_gradients(case):
        for batch in batches:
            detector = case.build().train()
            stage = detector.stages()[position]
            parameters = _train_only(detector, stage)
            loss = _loss(detector, stage, detector.preprocess(batch))
            assert loss.isfinite()
            loss.backward()
            assert all(p.grad is None or p.grad.isfinite().all() for p in parameters.values())


def check_trains_in_half_precision(case: Case) -> None:
    """Under bfloat16 autocast, losses and gradients are finite and answers near those in full precision."""
    detector = case.build()
    batch = detector.preprocess(tiny_posts())
    full = _answer(detector, tiny_posts()).logits
    with torch.autocast("cpu", torch.bfloat16):
        half = _answer(detector, tiny_posts()).logits.float()
    torch.testing.assert_close(half, full, rtol=0.1, atol=0.3)
    for position, _ in _by_gradients(case):
        detector = case.build().train()
        stage = detector.stages()[position]
        parameters = _train_only(detector, stage)
        with torch.autocast("cpu", torch.bfloat16):
            loss = _loss(detector, stage, batch)
        loss.backward()
        assert loss.isfinite()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in parameters.values())


def check_saved_and_loaded_gives_equal_logits(case: Case, folder: Path) -> None:
    """Configuration, towers and weights on disk are the whole detector."""
    detector = case.build()
    save_towers(detector, folder / "towers")
    save_file(
        {k: v.contiguous().clone() for k, v in detector.state_dict().items()}, folder / "model.safetensors"
    )
    config = case.detector.Config.parse(case.config.model_dump(mode="json"))
    torch.manual_seed(1)
    loaded = case.detector(config, SavedTowers(folder / "towers")).eval()
    weights = load_file(folder / "model.safetensors")
    loaded.grow_to({name: tuple(tensor.shape) for name, tensor in weights.items()})
    loaded.load_state_dict(weights)
    assert torch.equal(_answer(loaded, tiny_posts()).logits, _answer(detector, tiny_posts()).logits)


def check_preprocess_pickles_to_workers(case: Case) -> None:
    """A loader's worker process makes the same batch, and no weights travel to it."""
    preprocess = case.build().preprocess
    sent = pickle.dumps(preprocess)
    here, there = preprocess(tiny_posts()), pickle.loads(sent)(tiny_posts())
    for name in ("token_ids", "token_mask", "pixels", "image_index"):
        assert torch.equal(getattr(here, name), getattr(there, name))


def check_eight_posts_can_be_learned(case: Case) -> None:
    """The last stage can tell the rumors among eight posts from the rest, as far as what it reads differs."""
    detector = case.build()
    stage = detector.stages()[-1]
    learnable = _most_that_can_be_right(detector)
    if isinstance(stage, Fit):
        fit_to_eight(detector, stage, times=64)  # against a regression's penalty on large weights
        batch = detector.preprocess(tiny_posts())
        right = (_answer(detector, tiny_posts()).logits >= 0) == (batch.labels == 1)
        assert right.sum() == learnable
        return
    assert learnable == 8
    _train_only(detector, stage)
    optimizer = torch.optim.Adam(
        [{"params": list(g.parameters), "lr": min(20 * g.learning_rate, FASTEST)} for g in stage.groups]
    )
    batch = detector.preprocess(tiny_posts())
    for _ in range(150):
        detector.train()
        optimizer.zero_grad()
        _loss(detector, stage, batch).backward()
        optimizer.step()
        detector.eval()
        with torch.no_grad():
            right = (detector(batch).logits >= 0) == (batch.labels == 1)
        if right.all():
            return
    raise AssertionError(f"only {int(right.sum())} of 8 posts learned")


def check_evidence_is_valid(case: Case) -> None:
    """Boxes lie inside their pictures, heaviest first; where regions are named, their weights sum to 1."""
    detector, posts = case.build(), tiny_posts()
    batch = detector.preprocess(posts)
    with torch.no_grad():
        found = detector.evidence(batch, detector(batch))
    assert len(found) == len(posts)
    for evidence, sizes in zip(found, batch.image_sizes, strict=True):
        weights = [region.weight for region in evidence.regions]
        assert weights == sorted(weights, reverse=True)
        assert not weights or abs(sum(weights) - 1) < 1e-5
        for region in evidence.regions:
            left, top, right, bottom = region.box_pixels
            width, height = sizes[region.image]
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
        for relevance_map in evidence.relevance:
            assert relevance_map.image < len(sizes)
            assert len({len(row) for row in relevance_map.values}) == 1


def check_a_fit_is_the_same_again_in_any_batches(case: Case) -> None:
    """What is learnt depends on the posts alone: not on their batches, nor on what was fitted before."""
    for position, _ in _by_fit(case):
        detector = case.build()
        before = copy.deepcopy(detector.state_dict())
        stage = detector.stages()[position]
        assert isinstance(stage, Fit)
        with torch.no_grad():
            stage.fit(detector.preprocess([post]) for post in tiny_posts())
        after = detector.state_dict()
        assert before.keys() == after.keys()
        for name, tensor in after.items():
            torch.testing.assert_close(tensor, before[name], rtol=1e-4, atol=1e-5)


def check_even_odds_before_a_fit(case: Case) -> None:
    """A detector that is only fitted has no opinion before."""
    if list(_by_gradients(case)):
        return
    detector = case.detector(case.config, PretrainedTowers()).eval()
    assert _answer(detector, tiny_posts()).logits.tolist() == [0.0] * 8


CHECKS: tuple[Callable[[Case], None], ...] = (
    check_says_what_it_is,
    check_shapes,
    check_answer_is_independent_of_batch_mates,
    check_modalities_may_be_missing,
    check_pictures_are_seen_through_towers_only,
    check_gradients_reach_every_parameter,
    check_any_batch_can_be_trained_on,
    check_trains_in_half_precision,
    check_preprocess_pickles_to_workers,
    check_eight_posts_can_be_learned,
    check_evidence_is_valid,
    check_a_fit_is_the_same_again_in_any_batches,
    check_even_odds_before_a_fit,
)  # and check_saved_and_loaded_gives_equal_logits, which needs a folder


def fit_to_eight(detector: Detector, stage: Fit, times: int = 1) -> None:
    """Fit to the eight posts, each seen some times over."""
    with torch.no_grad():
        stage.fit([detector.preprocess(tiny_posts())] * times)


def _by_gradients(case: Case) -> Iterator[tuple[int, Stage]]:
    stages = enumerate(case.build().stages())
    return ((position, stage) for position, stage in stages if isinstance(stage, Stage))


def _by_fit(case: Case) -> Iterator[tuple[int, Fit]]:
    stages = enumerate(case.build().stages())
    return ((position, stage) for position, stage in stages if isinstance(stage, Fit))


def _most_that_can_be_right(detector: Detector) -> int:
    """Posts that are equal in all that the detector reads get one answer, right for some of them."""
    alike: dict[tuple[object, ...], list[Label | None]] = defaultdict(list)
    for post in tiny_posts():
        alike["text" in detector.reads and post.text, "image" in detector.reads and post.images].append(
            post.label
        )
    return sum(max(Counter(labels).values()) for labels in alike.values())


def _answer(detector: Detector, posts: Sequence[Post]) -> Any:
    with torch.no_grad():
        return detector(detector.preprocess(posts))


def _train_only(detector: Detector, stage: Stage) -> dict[str, Tensor]:
    """Freeze all but the stage's parameters and name those."""
    chosen = {id(parameter) for group in stage.groups for parameter in group.parameters}
    for parameter in detector.parameters():
        parameter.requires_grad_(id(parameter) in chosen)
    named = {name: p for name, p in detector.named_parameters(remove_duplicate=False) if id(p) in chosen}
    assert len(chosen) == sum(len(group.parameters) for group in stage.groups), "a parameter is in two groups"
    return named


def _loss(detector: Detector, stage: Stage, batch: Batch) -> Tensor:
    terms = stage.loss(detector(batch), batch)
    return torch.stack(list(terms.values())).sum()
