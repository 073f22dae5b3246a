"""`rumorscope key`: let somebody ask the service."""

from __future__ import annotations

from pathlib import Path

import typer

from rumorscope.cli._app import app


@app.command()
def key(
    name: str = typer.Argument(help="Who will use it: letters, digits, dots, dashes. Logs tell this name."),
    keys: Path = typer.Option(..., "--keys", help="The file for `serve --keys`; made where it is missing."),
) -> None:
    """Make an API key and print it, this once: the file keeps its hash alone.

    To take a key back, remove its line. The service reads the file when it starts.

    \b
        rumorscope key fact-checkers --keys keys.txt
        rumorscope serve --keys keys.txt --host 0.0.0.0
        curl -H "Authorization: Bearer KEY" -F "text=Shark in the street!" http://HOST:8000/v1/score
    """
    from rumorscope.service.keys import add_key

    typer.echo(add_key(keys, name))
    typer.echo(f"{name}: hand it over safely; it is shown this once", err=True)
