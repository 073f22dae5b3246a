"""`rumorscope leakage`: what private and shared features still tell of each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from rumorscope.evaluation.leakage import Leak


@app.command("leakage")
def leakage_of_run(
    run: str = typer.Argument(help="A run's folder or a checkpoint's, of a detector that disentangles."),
    data: Path = typer.Option(help="A folder that `rumorscope data import` wrote."),
    split: str = typer.Option("train", help="Which of its splits; looks at 'test' are counted."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    posts: int = typer.Option(400, min=20, help="At most so many, no two of which share a picture."),
    seed: int = typer.Option(0, min=0, help="Of the posts, and of what chance explains."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Probe whether private and shared features of KECL tell different things.

    A linear probe computes the shared feature from the private one, and tells rumors by either alone, cross-
    validated by picture. An explained share of 0 is what disentangling aims at; two projections can be
    orthogonal and still tell the same.

    rumorscope leakage runs/kecl --data data/twitter
    """
    from rich.console import Console

    from rumorscope.cli._measured import load_measured
    from rumorscope.evaluation.leakage import measure_leakage
    from rumorscope.explanation.faithfulness import one_per_picture

    measured = load_measured(run, data, split, split_file, fold, device)
    chosen = one_per_picture(measured.posts, posts, seed)
    Console().print(_table(measure_leakage(measured.checkpoint, chosen, seed=seed)))
    if measured.looks:
        typer.echo(measured.looks)


def _table(leaks: Sequence[Leak]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE, caption="explained: share of the shared feature's variance found in the private"
    )
    for name in (
        "modality",
        "posts",
        "mean |cosine|",
        "explained",
        "by chance",
        "AUC, private",
        "AUC, shared",
    ):
        table.add_column(name, justify="left" if name == "modality" else "right")
    for leak in leaks:
        numbers = (leak.cosine, leak.explained, leak.chance, leak.private_auc, leak.shared_auc)
        shown = ("" if number is None else f"{number:.3f}" for number in numbers)
        table.add_row(leak.modality, str(leak.posts), *shown)
    return table
