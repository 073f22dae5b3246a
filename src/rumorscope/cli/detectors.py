"""`rumorscope detectors`: the systems at hand and their papers."""

from __future__ import annotations

from rumorscope.cli._app import app


@app.command("detectors")
def list_detectors() -> None:
    """List the detectors and the papers they come from."""
    from rich.console import Console
    from rich.table import Table

    from rumorscope.detectors import detector_class, detector_names

    table = Table("detector", "paper")
    for name in detector_names():
        table.add_row(name, detector_class(name).paper)
    Console().print(table)
