"""`rumorscope serve`: the page and the HTTP service, on this machine."""

from __future__ import annotations

import ipaddress
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    port: int = typer.Option(8000, min=0, max=65535, help="0 takes a free one."),
    host: str = typer.Option(
        "127.0.0.1", help="Where to listen. Anything but this machine itself needs --keys: 0.0.0.0."
    ),
    keys: Path | None = typer.Option(
        None, help="Answer those alone who send a key of this file (`rumorscope key` makes them)."
    ),
    allow_anonymous: bool = typer.Option(
        False, "--allow-anonymous", help="Open it to others without keys: whoever reaches it may ask."
    ),
    review: Path | None = typer.Option(
        None, help="Keep a review queue and its audit log in this file (SQLite); see docs/page.md."
    ),
    device: str = typer.Option("auto", help="auto, cpu, cuda or cuda:1."),
    runtime: str = typer.Option(
        "auto", help="torch, or what `rumorscope export` wrote: openvino, onnx, openvino-int8."
    ),
) -> None:
    """Open a page for checking posts, and the HTTP service behind it.

    It answers this machine alone, unless you open it by --host and --keys. Nothing is
    kept on disk but the audit log, if you name one; a line of log a request goes to
    the standard error output, and holds no post. Ctrl-C, or SIGTERM, has it finish
    what it accepted. More settings: docs/service.md.

    \b
        rumorscope serve
        rumorscope serve runs/micc --port 8080 --review audit.sqlite
        rumorscope serve --host 0.0.0.0 --keys keys.txt
        curl -F "text=Shark in the street!" -F images=@shark.jpg http://127.0.0.1:8000/v1/score
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise InputError("the service needs more packages: pip install 'rumorscope[serve]'")
    import uvicorn

    from rumorscope.scoring.scorer import Scorer
    from rumorscope.service.app import create_app

    settings = _settings(review=review, keys=keys)
    if not _is_loopback(host):
        settings = _opened(host, settings, allow_anonymous=allow_anonymous)
    service = create_app(Scorer.load(run, device=device, runtime=runtime), settings)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"cannot listen on port {port} of {host}: {error.strerror}; choose another --port or --host"
        ) from error
    where = f"[{host}]" if ":" in host else host
    typer.echo(f"open http://{where}:{listening.getsockname()[1]}/ in a browser; Ctrl-C stops")
    config = uvicorn.Config(
        service, log_level="warning", timeout_graceful_shutdown=round(settings.shutdown_seconds)
    )
    uvicorn.Server(config).run(sockets=[listening])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _opened(host: str, settings: Settings, *, allow_anonymous: bool) -> Settings:
    """For others than this machine: with keys, and under any name, unless the names were given."""
    if settings.keys is None and not allow_anonymous:
        raise InputError(
            f"--host {host} opens the service to others: make a key (rumorscope key NAME --keys FILE) and "
            "give --keys FILE, or say --allow-anonymous"
        )
    return settings if "hosts" in settings.model_fields_set else settings.model_copy(update={"hosts": ("*",)})


def _settings(**given: Any) -> Settings:
    """What the environment says, and the options over it where they were given."""
    from pydantic import ValidationError

    from rumorscope.data.row import explain
    from rumorscope.service.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise InputError(f"the environment's RUMORSCOPE_… settings: {explain(error)}") from error
