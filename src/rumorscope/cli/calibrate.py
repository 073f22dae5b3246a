"""`rumorscope calibrate`: probabilities, a threshold and an undecided band, chosen on validation posts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rumorscope.evaluation.recalibration import Choice, Recalibration
    from rumorscope.post import Post
    from rumorscope.training.checkpoint import Checkpoint


@app.command("calibrate")
def calibrate_run(
    run: str = typer.Argument(help="A run's folder, a checkpoint's folder, or 'compact' with --to."),
    data: Path | None = typer.Option(
        None, help="A folder that `rumorscope data import` wrote.  [default: the run's own validation posts]"
    ),
    split: str = typer.Option("validation", help="Which of its splits; never 'test'."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    method: Literal["temperature", "isotonic", "none"] = typer.Option(
        "temperature", help="How logits become probabilities."
    ),
    threshold: str | None = typer.Option(
        None, help="f1, accuracy, recall:0.9, or a probability.  [default: the one it has]"
    ),
    coverage: float | None = typer.Option(None, min=0.01, max=1, help="Share of posts to decide."),
    selective_accuracy: float | None = typer.Option(
        None, min=0.5, max=1, help="Decide as many posts as are right so often, in place of --coverage."
    ),
    cluster: Literal["auto", "none", "image", "event"] = typer.Option(
        "auto", help="Which posts stay together in cross-validation, and what intervals are drawn by."
    ),
    to: Path | None = typer.Option(None, help="Write a copy of the checkpoint here, and leave the run's."),
    batch_size: int = typer.Option(32, min=1, help="Posts judged at once; changes no answer."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Choose a trained detector's probabilities, threshold and undecided band on validation posts.

    Prints how well each calibration fares in cross-validation over the same posts, and what abstaining
    gains. The choice is saved in the checkpoint, whose weights stay as they are; its hash changes.

    rumorscope calibrate runs/micc --method isotonic --threshold f1 --coverage 0.8
    """
    from rumorscope.evaluation.recalibration import Choice
    from rumorscope.scoring.scorer import pick_device
    from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint, save_calibration

    if split == "test":
        raise InputError("split 'test' is for judging what was chosen elsewhere; calibrate on 'validation'")
    if coverage is not None and selective_accuracy is not None:
        raise InputError("--coverage and --selective-accuracy choose the same band; give one of them")
    if run == "compact" and to is None:
        raise InputError("'compact' belongs to the package; name a folder for its calibrated copy with --to")
    if to is not None and to.exists():
        raise InputError(f"--to {to} exists; name a new folder")
    checkpoint = load_checkpoint(resolve_checkpoint(run), pick_device(device))
    posts, source = _posts(checkpoint, data, split, split_file, fold)
    choice = Choice(method, threshold, coverage, selective_accuracy)
    found = _recalibrate(checkpoint, posts, choice, cluster, batch_size)
    how = {
        "data": source,
        "posts": len(posts),
        "method": method,
        "threshold": threshold,
        "coverage": coverage,
        "selective_accuracy": selective_accuracy,
        "before": checkpoint.hash,
    }
    save_calibration(checkpoint.folder, found.calibration, how, to=to)
    _print(found, load_checkpoint(to or checkpoint.folder))


def _posts(
    checkpoint: Checkpoint, data: Path | None, split: str, split_file: Path | None, fold: str | None
) -> tuple[Sequence[Post], str]:
    """The validation posts, and the fingerprint of where they come from."""
    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import divided
    from rumorscope.training.run import validation_posts

    if data is not None:
        manifest = divided(load_manifest(data), split_file, fold)
        return manifest.split(split), manifest.fingerprint
    posts = validation_posts(checkpoint.folder.parent)
    if not posts:
        raise InputError(f"the run {checkpoint.folder.parent} has no validation posts; name some with --data")
    return posts, "the run's own"


def _recalibrate(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    choice: Choice,
    cluster: Literal["auto", "none", "image", "event"],
    batch_size: int,
) -> Recalibration:
    import numpy as np
    from rich.console import Console
    from rich.progress import Progress

    from rumorscope.evaluation.clusters import cluster_posts
    from rumorscope.evaluation.predictions import check_labelled, predict_logits
    from rumorscope.evaluation.recalibration import recalibrate

    check_labelled(posts)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("judging posts", total=len(posts))
        logits = predict_logits(
            checkpoint.detector,
            posts,
            batch_size=batch_size,
            advance=lambda done: progress.advance(task, done),
        )
    labels = np.array([post.label for post in posts], dtype=np.int64)
    return recalibrate(checkpoint.calibration, logits, labels, cluster_posts(posts, cluster), choice)


def _print(found: Recalibration, saved: Checkpoint) -> None:
    from rich.console import Console

    from rumorscope.evaluation.abstention import abstention
    from rumorscope.evaluation.tables import abstention_table, quality_table

    console, calibration = Console(), found.calibration
    console.print(quality_table(found.quality))
    gain = abstention(found.labels, found.probabilities, found.clusters, threshold=calibration.threshold)
    console.print(abstention_table(gain))
    low, high = calibration.undecided
    band = f"undecided from {low:.3f} to {high:.3f}" if low < high else "decides every post"
    lines = [
        f"{len(found.labels)} posts; each was judged by a calibration fitted to others.",
        f"calibration  {calibration.method}",
        f"threshold    {calibration.threshold:.4g}; {band}",
        f"checkpoint   {saved.folder} ({saved.hash})",
    ]
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)
