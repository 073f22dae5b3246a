"""`rumorscope detectors`: the systems at hand, their papers and their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from rich.table import Table


@app.command("detectors")
def show_detectors(
    name: Annotated[str | None, typer.Argument(help="A detector, to see its settings.")] = None,
) -> None:
    """List the detectors and the papers they come from, or the settings of one.

    Settings go under [detector] in the TOML file of a training run.
    """
    from rich.console import Console

    Console().print(_detectors() if name is None else _settings(name))


def _detectors() -> Table:
    from rich.table import Table

    from rumorscope.detectors import detector_class, detector_names

    table = Table("detector", "paper")
    for name in detector_names():
        table.add_row(name, detector_class(name).paper)
    return table


def _settings(name: str) -> Table:
    from pydantic import BaseModel
    from rich.markup import escape
    from rich.table import Table

    from rumorscope.detectors import detector_class

    table = Table("setting", "default", "meaning", title=f"[detector] of {name}", title_style="bold")
    for key, field in detector_class(name).Config.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            for part, value in default.model_dump(mode="json").items():
                table.add_row(f"{key}.{part}", escape(str(value)), "")
        else:
            table.add_row(key, escape(str(default)), escape(field.description or ""))
    return table
