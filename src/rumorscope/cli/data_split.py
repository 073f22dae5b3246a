"""`rumorscope data split`: who teaches, who validates and who is tested, as a file to share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from rumorscope.cli.data import _progress, commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from rumorscope.data.split_file import SplitPlan
    from rumorscope.data.split_summary import PartSummary


@commands.command()
def split(
    folder: Path = typer.Argument(help="A folder with metadata.jsonl."),
    to: Path = typer.Option(..., help="The file to write; the JSON holds no posts."),
    protocol: Literal[
        "published", "random", "stratified", "event", "time", "image", "leave_one_event_out"
    ] = typer.Option("event", help="What stays together, as listed above."),
    seed: int = typer.Option(0, min=0, help="Of what is left to chance; the same seed gives the same file."),
    ratios: str = typer.Option("8:1:1", help="train:validation:test, such as 70:10:20."),
    folds: int = typer.Option(1, min=1, help="5 makes five folds that test each post once."),
) -> None:
    """Divide a folder's posts into training, validation and test posts, and write that as a small file.

    random: single posts; pictures and events of test posts are met in training.

    stratified: random, with the same share of rumors in every part.

    image: posts that show one picture, or near-duplicates of it, stay together.

    event: whole events stay together, and with them near-duplicate pictures.

    time: trains on the past and tests on the future.

    leave_one_event_out: a fold an event, tested by what was learnt from others.

    published: the folder's own splits, to share what they are.

    Train and evaluate with the file:

    rumorscope data split data/twitter --protocol event --to splits/event.json

    rumorscope train configs/micc-twitter.toml --split-file splits/event.json --to runs/event

    rumorscope evaluate runs/event --data data/twitter --split-file splits/event.json

    A split is refused once the posts or pictures are not what it was made from.
    """
    from rich.console import Console

    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import write_split
    from rumorscope.data.split_summary import cautions, summarise
    from rumorscope.data.splitting import make_split, parse_ratios

    shares = parse_ratios(ratios)
    _refuse_other(to)
    manifest = load_manifest(folder)
    progress = _progress("comparing pictures")
    plan = make_split(manifest, protocol, seed=seed, ratios=shares, folds=folds, progress=progress)
    write_split(plan, to)
    parts = summarise(plan, manifest)
    Console().print(_table(plan, parts))
    for caution in cautions(plan, parts):
        typer.echo(f"beware: {caution}")
    typer.echo(f"{to} holds the split; 'rumorscope data audit {folder} --split-file {to}' says what leaks")


def _refuse_other(path: Path) -> None:
    from rumorscope.data.split_file import read_split
    from rumorscope.errors import InputError

    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: {path.parent} is no folder; make it first")
    if path.exists():
        read_split(path)  # any other file is not overwritten


def _table(plan: SplitPlan, parts: Sequence[PartSummary]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    table.add_column("")
    for name in ("posts", "share", "rumors", "events", "pictures"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("largest event", overflow="fold")
    for fold in plan.folds:
        if fold.name:
            table.add_row(fold.name, style="bold")
        for part in parts:
            if part.fold == fold.name:
                table.add_row(*_cells(part, len(fold.assignment)))
        table.add_section()
    return table


def _cells(part: PartSummary, posts: int) -> list[str]:
    labelled = part.rumors + part.non_rumors
    return [
        part.part,
        f"{part.posts:,}",
        f"{part.posts / posts:.1%}",
        f"{part.rumors / labelled:.1%}" if labelled else "",
        f"{part.events:,}",
        f"{part.pictures:,}",
        f"{part.largest_event[0]} {part.largest_event[1]:,}" if part.largest_event else "",
    ]
