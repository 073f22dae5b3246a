"""Made-up results of an experiment, known to the last post: no detector is trained for them.

Answers are drawn around the labels with a skill for each row, so that tables can be checked against the
estimates. Everything is deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from rumorscope.evaluation.audit import Audit, Lookup
from rumorscope.evaluation.audit.record import Overlap, Part, Times
from rumorscope.evaluation.bootstrap import Interval
from rumorscope.evaluation.experiments.results import Cell, CellResult, Failure, PostClusters, Results
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.evaluation.predictions import Predictions
from rumorscope.training.config import RunConfig

ROWS = {
    "majority": 0.0,
    "look-up": 0.1,
    "text TF-IDF": 0.9,
    "image features": 1.0,
    "late fusion": 1.2,
    "micc": 1.1,
}
UNSEEDED = ("majority", "look-up", "text TF-IDF", "image features", "late fusion")


def audit(*, grade: Any = "trusted", lookup: float = 0.576) -> Audit:
    """An audit with one look-up of that accuracy."""
    can = {"trusted": "can", "with care": "can, with care,", "not trusted": "cannot", "no split": "cannot"}[
        grade
    ]
    return Audit(
        sentence=f"The split {can} be trusted: looking pictures up scores {lookup:.3f}, the majority 0.576.",
        grade=grade,
        parts=(Part("train", 800, 400, 400, 90), Part("test", 200, 115, 85, 20)),
        majority_accuracy=0.576,
        lookups=(
            Lookup("picture", 0.9, lookup, Interval(lookup - 0.01, lookup + 0.005), lookup - 0.576, None),
        ),
        overlaps=(Overlap("picture", "train", "test", 180, 200, 19, ()),),
        repeats=(),
        times=Times((), None, None),
        traces=(),
        notes=(),
    )


def answers(posts: int, skill: float, *, seed: int, events: int = 4, prefix: str = "post") -> Predictions:
    """Labels that depend on the posts alone, and probabilities that follow them with that skill."""
    labels = (np.random.default_rng(7).random(posts) < 0.45).astype(np.int64)
    return Predictions(
        ids=tuple(f"{prefix}-{number}" for number in range(posts)),
        labels=labels,
        probabilities=_probabilities(labels, skill, seed),
        events=tuple(f"event {number % events}" if events else None for number in range(posts)),
    )


def _probabilities(labels: Integers, skill: float, seed: int) -> Floats:
    if skill == 0:
        return np.full(len(labels), 0.45)
    generator = np.random.default_rng(seed)
    shared = np.random.default_rng(99).normal(size=len(labels))  # what is hard for every row
    logits = skill * (2 * labels - 1) + 0.7 * shared + 0.7 * generator.normal(size=len(labels))
    return np.asarray(1 / (1 + np.exp(-1.5 * logits)))


def cell_result(
    row: str, data: str, predictions: Predictions | None, *, seed: int = 0, fold: str = "",
    seeded: bool = True, folder: Path = Path("run"), features: Path | None = None,
    validation: float = 0.8,
) -> CellResult:  # fmt: skip
    """A finished cell around those answers."""
    run = RunConfig(detector={"name": "majority"})
    return CellResult(
        cell=Cell(row, data, fold, seed, run, {}, seeded),
        key=f"{abs(hash_of((row, data, fold, seed))):032x}",
        folder=folder,
        validation={"accuracy": validation, "macro_f1": validation - 0.01, "auc": validation + 0.05},
        predictions=predictions,
        thresholds=None if predictions is None else np.full(len(predictions.ids), 0.5),
        openings=None if predictions is None else 1,
        seconds=12.5,
        features=features,
    )


def hash_of(values: tuple[Any, ...]) -> int:
    """A number that is the same in every process, unlike `hash`."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(repr(values))) % 2**60


def comparison(
    *, posts: int = 120, seeds: Sequence[int] = (0, 1, 2), rows: dict[str, float] = ROWS,
    data: Sequence[str] = ("twitter-official", "twitter-random"), features: Path | None = None,
    failures: tuple[Failure, ...] = (), title: str = "Six rows on two splits",
) -> Results:  # fmt: skip
    """Rows × seeds on data entries; the second entry's split cannot be trusted."""
    cells = []
    for number, entry in enumerate(data):
        for position, (row, skill) in enumerate(rows.items()):
            seeded = row not in UNSEEDED
            for seed in seeds if seeded else seeds[:1]:
                found = answers(posts, skill + 0.5 * number * (skill > 0), seed=100 * position + seed)
                kept = features if seeded and seed == seeds[0] else None
                cells.append(cell_result(row, entry, found, seed=seed, seeded=seeded, features=kept))
    audits = {data[0]: audit()}
    if len(data) > 1:
        audits[data[1]] = audit(grade="not trusted", lookup=0.994)
    clusters = PostClusters("image", {f"post-{number}": number // 3 for number in range(posts)})
    return Results(
        title=title,
        kind="compare",
        experiment={"title": title, "seeds": list(seeds), "rows": list(rows), "columns": list(data)},
        cells=tuple(cells),
        audits=audits,
        clusters=dict.fromkeys(data, clusters),
        failures=failures,
    )


def sweep(values: dict[str, Sequence[Any]], *, seeds: Sequence[int] = (0, 1), posts: int = 60) -> Results:
    """A sweep over one or two keys whose test posts were opened for the chosen setting alone, or for none."""
    keys = list(values)
    grid = [()]
    for key in keys:
        grid = [(*settings, value) for settings in grid for value in values[key]]
    cells = []
    for position, settings in enumerate(grid):
        named = dict(zip(keys, settings, strict=True))
        row = ", ".join(f"{key.rsplit('.', 1)[-1]}={value}" for key, value in named.items())
        for seed in seeds:
            result = cell_result(
                row, "pheme", None, seed=seed, validation=0.7 + 0.02 * position + 0.01 * seed
            )
            cells.append(
                CellResult(**{**vars(result), "cell": Cell(row, "pheme", "", seed, result.cell.run, named)})
            )
    return Results(
        title="A sweep",
        kind="sweep",
        experiment={
            "title": "A sweep",
            "rows": list(dict.fromkeys(c.cell.row for c in cells)),
            "columns": ["pheme"],
        },
        cells=tuple(cells),
        audits={},
        clusters={"pheme": PostClusters("none", {f"post-{n}": n for n in range(posts)})},
        chosen={"pheme": cells[-1].cell.row},
    )


def write_features(path: Path, posts: int, width: int = 16) -> Path:
    """Features in two groups, by label."""
    labels = answers(posts, 1.0, seed=0).labels
    features = np.random.default_rng(5).normal(size=(posts, width)) + 3 * labels[:, None]
    save_file({"features": features.astype(np.float16)}, path)
    return path
