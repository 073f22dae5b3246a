"""`rumorscope serve`: the page and the HTTP service, on this machine."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from rumorscope.service.settings import Settings


@app.command()
def serve(
    run: str = typer.Argument(
        "compact", help="The detector: a folder of `rumorscope train`, or the one that the package carries."
    ),
    port: int = typer.Option(8000, min=0, max=65535, help="On 127.0.0.1; 0 takes a free one."),
    review: Path | None = typer.Option(
        None, help="Keep a review queue and its audit log in this file (SQLite); see docs/page.md."
    ),
    device: str = typer.Option("auto", help="auto, cpu, cuda or cuda:1."),
) -> None:
    """Open a page for checking posts, and the HTTP service behind it.

    It answers this machine alone: there are no API keys yet, so nothing is opened to
    others. Nothing is kept on disk but the audit log, if you name one. Ctrl-C, or
    SIGTERM, has it finish what it accepted.

    \b
        rumorscope serve
        rumorscope serve runs/micc --port 8080 --review audit.sqlite
        curl -F "text=Shark in the street!" -F images=@shark.jpg http://127.0.0.1:8000/v1/score
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise InputError("the service needs more packages: pip install 'rumorscope[serve]'")
    import uvicorn

    from rumorscope.scoring.scorer import Scorer
    from rumorscope.service.app import create_app

    settings = _settings(review)
    service = create_app(Scorer.load(run, device=device), settings)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise InputError(f"cannot listen on port {port}: {error.strerror}; choose another --port") from error
    typer.echo(f"open http://127.0.0.1:{listening.getsockname()[1]}/ in a browser; Ctrl-C stops")
    config = uvicorn.Config(
        service, log_level="warning", timeout_graceful_shutdown=round(settings.shutdown_seconds)
    )
    uvicorn.Server(config).run(sockets=[listening])


def _settings(review: Path | None) -> Settings:
    from pydantic import ValidationError

    from rumorscope.data.row import explain
    from rumorscope.service.settings import Settings

    try:
        return Settings(review=review)
    except ValidationError as error:
        raise InputError(f"the environment's RUMORSCOPE_… settings: {explain(error)}") from error
