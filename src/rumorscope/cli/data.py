"""`rumorscope data`: published datasets into manifest folders, and what a folder holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from rich.table import Table

    from rumorscope.data.importing import Account
    from rumorscope.data.parallel import Progress
    from rumorscope.data.statistics import GroupCounts, Statistics

commands = typer.Typer(
    help="Bring datasets into the one form that every command reads, and check them.", no_args_is_help=True
)
app.add_typer(commands, name="data")


@commands.command("import")
def import_(
    name: str = typer.Argument(
        help="twitter-mediaeval, weibo-jin, weibo-ced, pheme, flickr30k, flickr8k, coco-cn, casia1 or casia2."
    ),
    source: Path = typer.Argument(help="The folder that holds the dataset as it is published."),
    to: Path = typer.Option(..., help="A new folder for the manifest and the pictures."),
) -> None:
    """Turn a published dataset into a manifest folder, and account for every row.

    The account of each row is also written to account.csv in the folder. Importing the same files again
    changes nothing.
    """
    from rich.console import Console

    from rumorscope.data.importing import ACCOUNT, import_dataset

    account = import_dataset(name, source, to, _progress("reading pictures"))
    Console().print(_account_table(account))
    typer.echo(f"{to} holds the dataset; {to / ACCOUNT} says what became of each row")


@commands.command()
def check(folder: Path = typer.Argument(help="A folder with metadata.jsonl.")) -> None:
    """Find everything that is wrong with a manifest folder, and count what it holds.

    Every line is read and every picture decoded. The exit status is 2 where something is wrong.
    """
    from rich.console import Console

    from rumorscope.data.checking import inspect_folder
    from rumorscope.data.statistics import describe
    from rumorscope.errors import InputError

    inspection = inspect_folder(folder, _progress("decoding pictures"))
    for problem in inspection.problems:
        typer.echo(f"{folder}: {problem}")
    if inspection.rows:
        Console().print(_statistics_table(describe(inspection.rows)))
    if problems := inspection.problems:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InputError(f"{folder} has {count}, listed above")
    typer.echo(f"nothing is wrong with {folder}")


def _progress(what: str) -> Progress:
    def show(names: Iterable[str], total: int) -> Iterator[str]:
        from rich.console import Console
        from rich.progress import track

        yield from track(names, what, total, console=Console(stderr=True), disable=not total)

    return show


def _account_table(account: Account) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    table.add_column("rows", justify="right", no_wrap=True)
    for name in ("outcome", "why", "for example"):
        table.add_column(name, overflow="fold")
    for outcome, reason, count, examples in account.summary():
        table.add_row(f"{count:,}", outcome, reason, "" if outcome == "kept" else ", ".join(examples))
    return table


def _statistics_table(statistics: Statistics) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True, caption=_caption(statistics))
    table.add_column("", overflow="fold")
    total = statistics.total
    forgeries = bool(total.tampered or total.authentic) and not (total.rumors or total.non_rumors)
    for name in ("posts", *(_FORGERIES if forgeries else _RUMORS), *_COLUMNS):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*_cells(total, forgeries), end_section=True)
    for kind, counts in (
        ("split", statistics.splits),
        ("event", statistics.events),
        ("language", statistics.languages),
    ):
        if counts:
            table.add_row(f"by {kind}", style="bold")
        for count in counts:
            table.add_row(*_cells(count, forgeries), end_section=count is counts[-1])
    return table


_RUMORS, _FORGERIES = ("rumors", "non-\nrumors"), ("tam-\npered", "au-\nthentic")
_COLUMNS = ("with\nimage", "images", "distinct\nimages", "mean\nlength")


def _caption(statistics: Statistics) -> str:
    parts = ["length in characters"]
    if statistics.posts_per_image:
        parts.append(f"{statistics.posts_per_image:.1f} posts an image")
    if statistics.replies:
        parts.append(f"{statistics.replies:,} replies")
    return "; ".join(parts)


def _cells(counts: GroupCounts, forgeries: bool) -> list[str]:
    rumors, forged = (counts.rumors, counts.non_rumors), (counts.tampered, counts.authentic)
    numbers = (counts.posts, *(forged if forgeries else rumors), counts.with_images, counts.images)
    return [
        counts.name,
        *(f"{number:,}" for number in numbers),
        f"{counts.distinct_images:,}",
        f"{counts.mean_characters:.1f}",
    ]
