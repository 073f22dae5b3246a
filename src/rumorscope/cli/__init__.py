"""The command line: one command a file, found by name; heavy imports live inside the commands."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from rumorscope.cli._app import app
from rumorscope.errors import RumorscopeError

for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")


def main() -> None:
    """Run the command line; the user's mistakes end in one line on standard error and exit status 2."""
    try:
        app()
    except RumorscopeError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.secho("stopped", err=True)
        sys.exit(130)
