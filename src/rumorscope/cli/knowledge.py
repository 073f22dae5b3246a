"""`rumorscope knowledge`: claims out of texts, and the store of what is known of them."""

from __future__ import annotations

import typer

from rumorscope.cli._app import app

commands = typer.Typer(
    help="Take claims out of texts, and keep what is known of things.", no_args_is_help=True
)
app.add_typer(commands, name="knowledge")
