"""The command tree that the command files hang themselves on."""

from __future__ import annotations

import typer

from rumorscope import __version__

app = typer.Typer(
    name="rumorscope",
    help="Judge social media posts, text and pictures together, and see why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
