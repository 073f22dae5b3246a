"""`rumorscope faithfulness`: whether the regions that a detector names are those that its answer rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from rumorscope.cli._measured import Measured
    from rumorscope.explanation.faithfulness import Effort
    from rumorscope.explanation.record import FaithfulnessRecord
    from rumorscope.post import Post


@app.command("faithfulness")
def faithfulness_of_run(
    run: str = typer.Argument(help="A run's folder, a checkpoint's folder, or 'compact'."),
    data: Path = typer.Option(help="A folder that `rumorscope data import` wrote."),
    split: str = typer.Option("test", help="Which of its splits; looks at 'test' are counted."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    posts: int = typer.Option(
        200, min=1, help="Test at most so many posts, no two of which share a picture; drawn at random."
    ),
    steps: int = typer.Option(8, min=2, help="Of each deletion and insertion curve."),
    draws: int = typer.Option(3, min=1, help="Random orders a post."),
    resamples: int = typer.Option(1000, min=100, help="How many bootstrap resamples the intervals rest on."),
    seed: int = typer.Option(0, min=0, help="Of the posts, the random orders and the resamples."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Test a detector's evidence by painting over, and uncovering, what it names first.

    Deletion and insertion curves over an 8 x 8 grid, for the kept regions, the relevance
    maps, occlusion, and random orders. The result is written beside the run's checkpoint
    and shown from then on wherever its evidence is. It takes some 150 answers a post.

    rumorscope faithfulness runs/micc --data data/twitter --posts 100
    """
    from rumorscope.cli._measured import load_measured
    from rumorscope.explanation.faithfulness import Effort, one_per_picture
    from rumorscope.explanation.record import write_faithfulness

    measured = load_measured(run, data, split, split_file, fold, device)
    chosen = one_per_picture(measured.posts, posts, seed)
    record = _measure(measured, chosen, split, Effort(steps, draws, seed), resamples)
    _print(record, measured.looks)
    typer.echo(f"{write_faithfulness(record, measured.checkpoint.folder)} is written")


def _measure(
    measured: Measured, posts: list[Post], split: str, effort: Effort, resamples: int
) -> FaithfulnessRecord:
    from rich.console import Console
    from rich.progress import Progress

    from rumorscope.explanation.faithfulness import measure_faithfulness
    from rumorscope.explanation.record import FaithfulnessRecord

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("testing posts", total=len(posts))
        methods = measure_faithfulness(
            measured.checkpoint,
            posts,
            effort=effort,
            resamples=resamples,
            advance=lambda done: progress.advance(task, done),
        )
    checkpoint, data = measured.checkpoint.hash, measured.fingerprint
    return FaithfulnessRecord(checkpoint, data, split, len(posts), effort, resamples, methods)


def _print(record: FaithfulnessRecord, looks: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from rumorscope.explanation.record import gain_in_words

    table = Table("order of the regions", "deletion", "insertion", "against random")
    for method, found in record.methods.items():
        gain = "" if method == "random" else gain_in_words(found.gain)
        table.add_row(method, f"{found.deletion.mean:.3f}", f"{found.insertion.mean:.3f}", gain)
    console = Console()
    console.print(table)
    for line in filter(None, (record.sentence(), looks)):
        console.print(line, highlight=False)
