"""`rumorscope report`: the report of a saved experiment, made again without training."""

from __future__ import annotations

from pathlib import Path

import typer

from rumorscope.cli._app import app


@app.command()
def report(
    folder: Path = typer.Argument(help="What `rumorscope compare`, `ablate` or `sweep` wrote."),
    to: Path | None = typer.Option(None, help="Where to write; the folder itself if left out."),
    pictures: bool = typer.Option(
        True,
        "--pictures/--no-pictures",
        help="Show the worst mistakes with their text and pictures, or ids only.",
    ),
) -> None:
    """Make an experiment's report again.

    Writes report.html (one file, opens offline), report.md, and a CSV file for each
    kind of table in tables/. With --no-pictures nothing that others wrote is in it
    but ids and names of events, so that it can be published.

    \b
        rumorscope report runs/compare --no-pictures --to docs/results
    """
    from rumorscope.evaluation.experiments.stored import load_results
    from rumorscope.reporting.report import PAGE, write_report

    target = to or folder
    write_report(load_results(folder), target, pictures=pictures)
    typer.echo(f"{target / PAGE} is written; open it in a browser")
