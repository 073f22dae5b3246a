"""`rumorscope detectors`: the systems at hand, their papers and their settings."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, get_args, get_origin

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.table import Table


@app.command("detectors")
def show_detectors(
    name: Annotated[str | None, typer.Argument(help="A detector, to see its settings.")] = None,
) -> None:
    """List the detectors and the papers they come from, or the idea and the settings of one.

    Settings go under [detector] in the TOML file of a training run.
    """
    from rich.console import Console

    Console().print(_detectors() if name is None else _settings(name))


def _detectors() -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    from rumorscope.detectors import detector_class, detector_names

    table = Table("detector", "paper", box=SIMPLE, pad_edge=False)
    for name in detector_names():
        table.add_row(name, detector_class(name).paper)
    return table


def _settings(name: str) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from rumorscope.detectors import detector_class

    found = detector_class(name)
    title = "\n".join(filter(None, (found.paper, found.idea, f"[detector] of {name}")))
    table = Table("setting", "default", "meaning", title=escape(title), title_justify="left")
    for row in _rows(found.Config):
        table.add_row(*map(escape, row))
    return table


def _rows(config: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Key, default and meaning of each setting; those of a nested configuration follow its own line."""
    from pydantic import BaseModel

    for name, field in config.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield f"{prefix}{name}", "", inspect.getdoc(type(default)) or ""
            yield from _rows(type(default), f"{prefix}{name}.")
            continue
        choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        meaning = [field.description or "", ", ".join(map(str, choices))]
        yield f"{prefix}{name}", _as_toml(default), ": ".join(filter(None, meaning))


def _as_toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)
