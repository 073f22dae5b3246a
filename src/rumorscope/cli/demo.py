"""`rumorscope demo`: posts with freely licensed photographs, judged and explained."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from rumorscope.post import Post, Verdict

Picture = dict[str, str]
_CUT_OFF, _CUT_OFF_FROM = "cut-off.jpg", "tower.jpg"
_SHOWN = "missile"  # the post that is explained in full


@app.command()
def demo(
    to: Path = typer.Option(Path("rumorscope-demo"), "--to", help="The folder to write; made if missing."),
    run: str = typer.Option(
        "compact", help="The detector: a folder of `rumorscope train`, or the one that the package carries."
    ),
) -> None:
    """Judge ten example posts, English and Chinese, and show what the verdicts rest on.

    Their photographs come with scikit-learn and scikit-image, under free licenses.
    Among them are photographs out of context, true posts, a post without a picture,
    and one whose picture is broken. Writes the posts, and a page with the evidence
    of each verdict.

    \b
        rumorscope demo --to demo
    """
    from rich.console import Console

    from rumorscope.cli._show import show_verdict
    from rumorscope.scoring.readers import PostFile
    from rumorscope.scoring.scorer import BadPost, Scorer

    console = Console()
    rows, pictures, missing = _available(read_examples())
    _write_posts(to, rows, pictures)
    posts = [post for post in PostFile(to / "posts.jsonl") if not isinstance(post, BadPost)]
    verdicts = list(Scorer.load(run)(posts, explain=True))
    _print_table(console, rows, verdicts)
    judged = {
        post.id: (post, verdict) for post, verdict in zip(posts, verdicts, strict=True) if not verdict.error
    }
    for post, verdict in judged.values():
        _write_evidence(to, post, verdict)
    shown = _SHOWN if _SHOWN in judged else next(iter(judged))
    console.print(f"[bold]{shown}[/bold], in full")
    show_verdict(console, *judged[shown])
    _print_what_next(console, to, pictures, missing, shown)


def read_examples() -> dict[str, Any]:
    """The example posts, and where their pictures come from and whose they are."""
    text = files("rumorscope.cli").joinpath("_demo_posts.json").read_text(encoding="utf-8")
    examples: dict[str, Any] = json.loads(text)
    return examples


def credit(name: str, picture: Picture) -> str:
    """Who made a picture, and under which license it may be shown."""
    return f"{name}: {picture['title']}, by {picture['author']}, {picture['license']}, {picture['source']}"


def picture_file(picture: Picture) -> Path | None:
    """Where an installed library keeps the picture, found without importing the library."""
    spec = find_spec(picture["package"])
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((path for folder in folders if (path := Path(folder, picture["path"])).is_file()), None)


def _available(examples: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Picture], int]:
    """The posts whose pictures are installed, those pictures, and how many posts are left out."""
    pictures = {name: picture for name, picture in examples["pictures"].items() if picture_file(picture)}
    known = {*pictures, _CUT_OFF}
    rows = [row for row in examples["posts"] if known.issuperset(row["images"])]
    return rows, pictures, len(examples["posts"]) - len(rows)


def _write_posts(folder: Path, rows: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            source = picture_file(picture)
            assert source is not None
            shutil.copyfile(source, folder / name)
        whole = (folder / _CUT_OFF_FROM).read_bytes()
        (folder / _CUT_OFF).write_bytes(whole[: len(whole) // 3])
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (folder / "posts.jsonl").write_text("".join(lines), encoding="utf-8")
        credits_ = [f"- {credit(name, picture)}\n" for name, picture in pictures.items()]
        (folder / "ATTRIBUTION.md").write_text("# Photographs\n\n" + "".join(credits_), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot write the demo to {folder}: {error.strerror}; choose another --to"
        ) from error


def _write_evidence(folder: Path, post: Post, verdict: Verdict) -> None:
    from rumorscope.data.images import read_image
    from rumorscope.explanation.overlay import draw_regions
    from rumorscope.explanation.page import explanation_page

    (folder / f"{post.id}.html").write_text(explanation_page(post, verdict), encoding="utf-8")
    if post.images and verdict.evidence is not None:
        regions = [region for region in verdict.evidence.regions if region.image == 0]
        draw_regions(read_image(post.images[0]), regions).save(folder / f"{post.id}-regions.png")


def _print_table(console: Console, rows: list[dict[str, Any]], verdicts: list[Verdict]) -> None:
    from rich.table import Table
    from rich.text import Text

    from rumorscope.cli._show import bar, style_of
    from rumorscope.explanation.words import judgment

    table = Table(box=None, padding=(0, 2, 1, 0))
    table.add_column("post", overflow="fold", ratio=1)  # Chinese has no spaces to break at
    table.add_column("rumor probability")
    table.add_column("judgment", max_width=24, overflow="fold")
    for row, verdict in zip(rows, verdicts, strict=True):
        post = Text.assemble((row["id"], "bold"), f"  {row['text']}\n", (f"In truth {row['truth']}.", "dim"))
        if verdict.error is not None:
            table.add_row(post, "", Text(f"error: {verdict.error}", style="red"))
        else:
            table.add_row(post, bar(verdict, width=12), Text(judgment(verdict), style=style_of(verdict)))
    console.print(table)


def _this_program() -> str:
    """As it was called, so that the line works in a shell that has no environment activated."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "rumorscope" else "rumorscope"


def _print_what_next(
    console: Console, folder: Path, pictures: dict[str, Picture], missing: int, shown: str
) -> None:
    lines = ["The posts are made up, and the detector is small: it errs on some. Photographs:"]
    lines += [f"  {credit(name, picture)}" for name, picture in pictures.items()]
    if missing:
        lines.append(f"{missing} more posts need photographs of scikit-image: pip install 'rumorscope[demo]'")
    lines += [
        "",
        f"The evidence of each post is a page: open {folder / shown}.html",
        "Next:",
        f"  rumorscope score {folder}/posts.jsonl --out {folder}/verdicts.jsonl",
        f'  rumorscope score "Your own words" --image {folder}/tower.jpg',
        f'  rumorscope explain "Your own words" --image {folder}/tower.jpg --out mine.html',
        "",
        f"The page for posts of your own: {_this_program()} serve",
    ]
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
