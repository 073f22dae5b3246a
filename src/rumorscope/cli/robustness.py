"""`rumorscope robustness`: what altered pictures and texts do to a detector's answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rumorscope.cli._measured import Measured
    from rumorscope.evaluation.assess import Resampling
    from rumorscope.evaluation.robustness.measure import Robustness

_SUFFIXES = (".md", ".csv", ".json")


@app.command("robustness")
def robustness_of_run(
    run: str = typer.Argument(help="A run's folder, a checkpoint's folder, or 'compact'."),
    data: Path = typer.Option(help="A folder that `rumorscope data import` wrote."),
    split: str = typer.Option("test", help="Which of its splits; looks at 'test' are counted."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    only: list[str] = typer.Option([], help="A perturbation by its name. Repeat it for several."),
    posts: int | None = typer.Option(None, min=1, help="Measure on so many posts, drawn at random."),
    cluster: Literal["auto", "none", "image", "event"] = typer.Option(
        "auto", help="What intervals take as independent; 'auto' is 'image' where posts share pictures."
    ),
    resamples: int = typer.Option(1000, min=100, help="How many bootstrap resamples the intervals rest on."),
    seed: int = typer.Option(0, min=0, help="Of the posts drawn, of typos and swaps, and of the resamples."),
    batch_size: int = typer.Option(32, min=1, help="Posts judged at once; changes no answer."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    to: Path | None = typer.Option(None, help="Write a file ending in .md, .csv or .json."),
    show: Path | None = typer.Option(None, help="Write altered examples into this folder, to look at."),
) -> None:
    """Alter posts as platforms and people do, and measure what the answers do.

    Pictures are compressed, resized, cropped, framed, flipped, blurred and written over; texts get typos,
    lose their case, punctuation, emoji, links and tags; either is swapped with another post's, or left out.
    Each metric's change has a 95% interval, drawn over the same resamples before and after.

    rumorscope robustness runs/micc --data data/twitter --to robustness.md
    """
    from rumorscope.evaluation.assess import Resampling

    if to is not None:
        _check_name(to)
    from rumorscope.evaluation.robustness.registry import perturbations

    perturbations(only or None)  # a misspelled name ends here, before the test data is opened
    from rumorscope.cli._measured import load_measured
    from rumorscope.evaluation.robustness.sample import sampled, write_examples

    measured = load_measured(run, data, split, split_file, fold, device)
    measured = replace(measured, posts=sampled(measured.posts, posts, seed))
    if show is not None:
        write_examples(measured.posts, only or None, show, seed)
    found = _measure(measured, only or None, Resampling(cluster, resamples, seed), batch_size)
    _print(found, measured.looks)
    if to is not None:
        to.write_text(_written(found, split, measured, to.suffix), encoding="utf-8")


def _check_name(to: Path) -> None:
    from rumorscope.cli._measured import check_writable

    check_writable(to)
    if to.suffix not in _SUFFIXES:
        raise InputError(f"--to {to}: the name must end in {', '.join(_SUFFIXES)}")


def _measure(
    measured: Measured, only: Sequence[str] | None, resampling: Resampling, batch_size: int
) -> Robustness:
    from rich.console import Console
    from rich.progress import Progress

    from rumorscope.evaluation.robustness.measure import measure_robustness

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("unchanged", total=len(measured.posts))

        def advance(name: str, done: int, total: int) -> None:
            progress.update(task, description=name, completed=done, total=total)

        return measure_robustness(
            measured.checkpoint,
            measured.posts,
            only=only,
            fingerprint=measured.fingerprint,
            resampling=resampling,
            batch_size=batch_size,
            advance=advance,
        )


def _print(found: Robustness, looks: str | None) -> None:
    from rich.console import Console

    from rumorscope.evaluation.robustness.tables import rich_tables, summary

    console = Console()
    for line in summary(found):
        console.print(line, highlight=False)
    for table in rich_tables(found):
        console.print(table)
    if looks is not None:
        console.print(looks, highlight=False)


def _written(found: Robustness, split: str, measured: Measured, suffix: str) -> str:
    from rumorscope.evaluation.robustness.tables import csv_rows, markdown

    if suffix == ".json":
        record = {"split": split, "looks": measured.looks} | found.as_dict()
        return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return markdown(found) if suffix == ".md" else csv_rows(found)
