"""The worst mistakes: the wrong answers that a detector was surest of, with the evidence that it gives."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from rumorscope.data.images import read_image
from rumorscope.errors import CheckpointError, InputError
from rumorscope.evaluation.experiments.judging import divided_manifests
from rumorscope.evaluation.experiments.results import CellResult, Results
from rumorscope.evaluation.openings import open_test
from rumorscope.evaluation.predictions import blinded
from rumorscope.evaluation.significance import SeedEstimate
from rumorscope.explanation import words
from rumorscope.explanation.overlay import draw_regions
from rumorscope.post import Evidence, Label, Post, Region, Verdict
from rumorscope.reporting.table import Column, Table
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint

SHOWN = 6  # for each data entry
_LONGEST_SIDE = 360  # pixels of a picture in the report
_LONGEST_TEXT = 600  # characters


@dataclass(frozen=True)
class Mistake:
    """A post on the wrong side of the threshold."""

    id: str
    label: Label
    probability: float
    event: str | None
    post: Post | None = None  # text, pictures and evidence stay out of a report without pictures
    verdict: Verdict | None = None
    pictures: tuple[str, ...] = ()  # data URIs

    @property
    def text(self) -> str:
        text = "" if self.post is None else self.post.text
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} …"

    @property
    def reasons(self) -> list[str]:
        if self.post is None or self.verdict is None or self.verdict.error is not None:
            return []
        return list(words.reasons(self.post, self.verdict))

    @property
    def language(self) -> str:
        return "" if self.post is None else words.language(self.post)[0]


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes of one trained detector."""

    row: str
    of: int  # wrong answers in all, of this seed and fold
    posts: int  # answers in all
    mistakes: tuple[Mistake, ...]
    note: str | None = None  # why no post is shown

    @property
    def table(self) -> Table:
        columns = (
            Column("post", "id"),
            Column("is", "label"),
            Column("rumor probability", "probability", "number"),
            Column("event", "event"),
        )
        rows = tuple(
            (m.id, m.label.name.lower().replace("_", "-"), m.probability, m.event) for m in self.mistakes
        )
        caption = (
            f"The surest wrong answers of {self.row}, at most one of each set of posts that belong together"
        )
        return Table("mistakes", caption, columns, rows)


def worst_mistakes(
    results: Results, data: str, estimates: Mapping[str, Mapping[str, SeedEstimate]], *, pictures: bool
) -> Mistakes | None:
    """The worst mistakes of the leading row that is trained with a seed, by its first run.

    With `pictures`, the posts are read again and judged with evidence; where that cannot be, the note says
    why.
    """
    result = _leading_run(results, data, estimates)
    if result is None:
        return None
    found = _worst(results, result)
    if not pictures or not found.mistakes:
        return found
    try:
        return replace(found, mistakes=tuple(_explained(result, found.mistakes)))
    except (InputError, CheckpointError, OSError) as error:
        return replace(found, note=f"The posts cannot be shown: {error}.")


def _leading_run(
    results: Results, data: str, estimates: Mapping[str, Mapping[str, SeedEstimate]]
) -> CellResult | None:
    runs = {row: results.of(row, data)[0] for row in estimates}
    accuracies = {row: estimates[row]["accuracy"].mean or 0.0 for row, run in runs.items() if run.cell.seeded}
    return runs[max(accuracies, key=accuracies.__getitem__)] if accuracies else None


def _worst(results: Results, result: CellResult) -> Mistakes:
    predictions, thresholds = result.predictions, result.thresholds
    assert predictions is not None  # a judged row has answered
    assert thresholds is not None
    wrong = (predictions.probabilities >= thresholds) != (predictions.labels == 1)
    distance = np.abs(predictions.probabilities - predictions.labels)
    clusters = results.clusters[result.cell.data].number
    chosen: dict[
        int, int
    ] = {}  # the surest of each cluster: the other posts of its picture would tell the same
    for index in sorted(np.flatnonzero(wrong), key=lambda i: (-distance[i], predictions.ids[i])):
        chosen.setdefault(clusters[predictions.ids[index]], int(index))
    mistakes = tuple(
        Mistake(predictions.ids[i], Label(int(predictions.labels[i])), float(predictions.probabilities[i]),
                predictions.events[i])
        for i in list(chosen.values())[:SHOWN]
    )  # fmt: skip
    return Mistakes(result.cell.row, int(wrong.sum()), len(wrong), mistakes)


def _explained(result: CellResult, mistakes: Sequence[Mistake]) -> list[Mistake]:
    posts = _posts(result)
    asked = [blinded(posts[mistake.id]) for mistake in mistakes]
    verdicts = Scorer.load(result.folder)(asked, explain=True)
    return [
        replace(
            mistake, post=posts[mistake.id], verdict=verdict, pictures=_pictures(posts[mistake.id], verdict)
        )
        for mistake, verdict in zip(mistakes, verdicts, strict=True)
    ]


def _posts(result: CellResult) -> dict[str, Post]:
    """The test posts by id; this look at them is recorded in the run's ledger like any other."""
    checkpoint = load_checkpoint(resolve_checkpoint(result.folder))
    opened = [open_test(checkpoint, manifest) for manifest in divided_manifests(result.cell.run.data)]
    return {post.id: post for part in opened for post in part.posts}


def _pictures(post: Post, verdict: Verdict) -> tuple[str, ...]:
    evidence = verdict.evidence or Evidence()
    return tuple(
        _data_url(read_image(source), [region for region in evidence.regions if region.image == index])
        for index, source in enumerate(post.images)
    )


def _data_url(image: Image.Image, regions: Sequence[Region]) -> str:
    """The picture made small, then the regions drawn: their numbers stay readable."""
    small = image.copy()
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    share = small.width / image.width, small.height / image.height
    scaled = [replace(region, box_pixels=_scaled(region.box_pixels, share)) for region in regions]
    file = io.BytesIO()
    draw_regions(small, scaled).save(file, "JPEG", quality=72)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def _scaled(box: tuple[int, int, int, int], share: tuple[float, float]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    across, down = share
    return round(left * across), round(top * down), round(right * across), round(bottom * down)
