"""`rumorscope explain`: a verdict with its evidence as one page for the browser."""

from __future__ import annotations

from pathlib import Path

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError


@app.command()
def explain(
    text: str = typer.Argument(help="The post's text; may be empty where there is a picture."),
    image: list[Path] = typer.Option([], "--image", help="A picture of the post. Repeat it for several."),
    out: Path = typer.Option(Path("explanation.html"), "--out", help="The page, a name ending in .html."),
    run: str = typer.Option(
        "compact", help="The detector: a folder of `rumorscope train`, or the one that the package carries."
    ),
    device: str = typer.Option("auto", help="auto, cpu, cuda or cuda:1."),
) -> None:
    """Write a page that shows why a post was judged as it was.

    The page holds the pictures with the regions that the verdict rests on, a heat
    map of what in them fits the text, and what the probability becomes without the
    text, the pictures, and each region. It is one file: it opens offline, and can
    be sent to others.

    \b
        rumorscope explain "Shark in the street!" --image shark.jpg --out shark.html
    """
    if out.suffix != ".html":
        raise InputError(f"--out {out}: the name must end in .html")
    from rumorscope.cli.score import judge
    from rumorscope.explanation.page import explanation_page

    post, verdict = judge(text, image, run, device)
    page = explanation_page(post, verdict)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
    typer.echo(f"{out} is written; open it in a browser")
