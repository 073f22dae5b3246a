"""`rumorscope serve`: the page and the HTTP service, on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError


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

    from rumorscope.scoring.scorer import Scorer, pick_device
    from rumorscope.service.app import create_app
    from rumorscope.service.settings import Settings
    from rumorscope.training.checkpoint import resolve_checkpoint

    resolve_checkpoint(run)  # what is wrong is said now, not behind a page that never gets ready
    settings = Settings(review=review)
    service = create_app(lambda: Scorer.load(run, device=pick_device(device)), settings)
    typer.echo(f"open http://127.0.0.1:{port}/ in a browser; Ctrl-C stops")
    uvicorn.run(
        service,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=round(settings.shutdown_seconds),
    )
