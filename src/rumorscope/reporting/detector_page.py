"""The page on all detectors: what each is, costs and reaches, from an experiment that compared them.

What is measured here needs the checkpoints of the first seed, which an experiment keeps, and the training
posts. No test post is opened.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

import torch

from rumorscope.detectors import Detector
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.evaluation.costs import (
    all_parameters,
    learned_parameters,
    longest_post,
    multiply_adds,
    posts_per_second,
)
from rumorscope.evaluation.experiments.results import CellResult, Results
from rumorscope.evaluation.significance import SeedEstimate, estimate
from rumorscope.post import Post
from rumorscope.reporting.table import Column, Table, as_markdown, markdown_text
from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint
from rumorscope.training.config import DataConfig
from rumorscope.training.history import read_history
from rumorscope.training.material import gather
from rumorscope.training.stages import chosen_stages

BATCH_SIZE = 32
MODALITIES = {"text": "text", "image": "pictures"}

COLUMNS = (
    Column("row", "row"), Column("idea", "idea"), Column("reads", "reads"),
    Column("parameters learned", "learned", "count"), Column("of all", "parameters", "count"),
    Column("million multiply-adds a post", "multiply_adds", "count"),
    Column("seconds an epoch", "epoch", "number"), Column("posts a second", "speed", "count"),
    Column("accuracy", "accuracy", "estimate"),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One row of an experiment, as a detector."""

    row: str
    name: str  # of the detector
    paper: str
    idea: str
    reads: tuple[str, ...]
    learned: int  # parameters, by gradients
    parameters: int
    multiply_adds: int  # for the longest post
    epoch_seconds: float  # of the last stage
    posts_per_second: float
    accuracy: SeedEstimate  # on test posts


def measure_detectors(results: Results, *, batches: int = 2) -> list[Measured]:
    """Every row of the experiment's first data entry, in its order.

    Speed is measured on so many batches of training posts, each with a picture of its own. Raises InputError
    for a row that is not finished, or whose checkpoint or history is gone.
    """
    data = results.data_names[0]
    return [_measured(results, row, data, batches) for row in results.rows_on(data)]


def render_detector_page(measured: Sequence[Measured], results: Results, command: str) -> str:
    """The page in Markdown; `command` is what made it."""
    template = files("rumorscope.reporting").joinpath("templates/detectors.md").read_text(encoding="utf-8")
    return Template(template).substitute(
        command=command,
        data=markdown_text(results.data_names[0]),
        seeds=", ".join(map(str, results.experiment["seeds"])),
        detectors=as_markdown(detectors_table(measured)),
        papers=as_markdown(papers_table(measured)).rstrip(),
        batch=BATCH_SIZE,
        processor=processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
    )


def detectors_table(measured: Sequence[Measured]) -> Table:
    """A line for each row of the experiment."""
    rows = tuple(
        (one.row, one.idea, " and ".join(one.reads) or "nothing", one.learned, one.parameters,
         round(one.multiply_adds / 1e6), one.epoch_seconds, round(one.posts_per_second), one.accuracy)
        for one in measured
    )  # fmt: skip
    return Table("detectors", "Accuracy: mean ± standard deviation over seeds (95% interval)", COLUMNS, rows)


def papers_table(measured: Sequence[Measured]) -> Table:
    """By row, the detector's name and its paper."""
    columns = (Column("row", "row"), Column("detector", "name"), Column("paper", "paper"))
    return Table("papers", "Papers", columns, tuple((one.row, one.name, one.paper) for one in measured))


def posts_with_pictures_of_their_own(posts: Sequence[Post], count: int) -> list[Post]:
    """The first so many posts that show a picture which no post before shows; less if there are no more."""
    first = {post.images[0]: post for post in reversed(posts) if post.images}
    return [post for post in posts if post.images and first[post.images[0]] is post][:count]


def _measured(results: Results, row: str, data: str, batches: int) -> Measured:
    accuracy = estimate(results.pooled(row, data))["accuracy"]
    cells = results.of(row, data)
    detector, run = _trained(cells[0]), cells[0].cell.run
    posts = posts_with_pictures_of_their_own(_training_posts(run.data), batches * BATCH_SIZE)
    return Measured(
        row=row,
        name=run.name,
        paper=detector.paper,
        idea=detector.idea,
        reads=tuple(MODALITIES[one] for one in MODALITIES if one in detector.reads),
        learned=learned_parameters(chosen_stages(detector, run.training)),
        parameters=all_parameters(detector),
        multiply_adds=multiply_adds(detector, detector.preprocess([longest_post(detector)])),
        epoch_seconds=statistics.median(second for cell in cells for second in _epochs(cell)),
        posts_per_second=posts_per_second(detector, _batches(detector, posts)),
        accuracy=accuracy,
    )


def _training_posts(data: DataConfig) -> Sequence[Post]:
    """All of them, so that every detector is measured on the same."""
    whole = {"captions": (), "hold_out": None, "posts_per_image": None}
    return gather(data.model_copy(update=whole)).train


def _trained(cell: CellResult) -> Detector:
    return load_checkpoint(resolve_checkpoint(cell.folder)).detector


def _batches(detector: Detector, posts: Sequence[Post]) -> list[Batch]:
    starts = range(0, len(posts), BATCH_SIZE)
    return [detector.preprocess(posts[start : start + BATCH_SIZE]) for start in starts]


def _epochs(cell: CellResult) -> list[float]:
    """The seconds of each epoch of the last stage."""
    try:
        rows = read_history(cell.folder)
    except OSError as error:
        raise InputError(f"{cell.folder} has lost its history: {error}; compute the cell again") from error
    return [row["seconds"] for row in rows if row["stage"] == rows[-1]["stage"]]


def processor() -> str:
    """The processor's name, as the system tells it."""
    known = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", known.read_text(), re.MULTILINE) if known.is_file() else None
    return found[1].strip() if found else platform.processor() or f"{os.cpu_count()} cores"
