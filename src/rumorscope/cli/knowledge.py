"""`rumorscope knowledge`: claims out of texts, and the store of what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from rich.table import Table

    from rumorscope.knowledge.building import Account, Tell

commands = typer.Typer(
    help="Take claims out of texts, and keep what is known of things.", no_args_is_help=True
)
app.add_typer(commands, name="knowledge")


@commands.command()
def build(
    source: Path = typer.Argument(
        help="ConceptNet 5's published assertions, or a file or folder of relation<TAB>head<TAB>tail."
    ),
    to: Path | None = typer.Option(None, help="The store's file; else where detectors look for it."),
    languages: str = typer.Option("en,zh", help="Both ends of what is kept are in these."),
) -> None:
    """Make a store of known triples out of published ones, or add them to it, and account for every line.

    The store appears when it is complete. A build that was stopped goes on where it stood, and building from
    the same files again changes nothing. Without --to the store is RUMORSCOPE_KNOWLEDGE, or else a file among
    the user's own data.
    """
    from rich.console import Console

    from rumorscope.knowledge.building import build_store
    from rumorscope.knowledge.store import default_store

    to = to or default_store()
    with _progress() as tell:
        account = build_store(source, to, languages.split(","), tell)
    Console().print(_account_table(account))
    if account.ignored:
        typer.echo(f"no assertions in {', '.join(account.ignored)}")
    size = f"{account.edges:,} triples of {account.terms:,} terms"
    if account.unchanged:
        typer.echo(f"{to} was made from this already: nothing has changed. It holds {size}")
        return
    typer.echo(f"{account.lines_read:,} lines in {account.seconds:.1f} s, {account.rate:,.0f} a second")
    typer.echo(f"{to} holds {size}, equal ones merged")


@contextmanager
def _progress() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} lines, {task.fields[rate]:,.0f} a second"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, lines=0, rate=0.0)

        def tell(what: str, lines: int, rate: float, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None, lines=lines, rate=rate)

        yield tell


def _account_table(account: Account) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    table.add_column("lines", justify="right", no_wrap=True)
    for name in ("outcome", "file", "form"):
        table.add_column(name, overflow="fold")
    for file in account.files:
        outcomes = file.counts.most_common() or [("was read before", 0)]
        for outcome, count in sorted(outcomes, key=lambda item: item[0] != "kept"):
            table.add_row(f"{count:,}" if count else "", outcome, Text(file.name), file.form)
    return table
