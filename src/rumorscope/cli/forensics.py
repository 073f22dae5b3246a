"""`rumorscope forensics`: traces of manipulation in one picture, and how well they are found in many."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rumorscope.data.manifest import Manifest
    from rumorscope.evaluation.forensic_baselines import Answers
    from rumorscope.post import ManipulationMap, Post
    from rumorscope.training.checkpoint import Checkpoint

commands = typer.Typer(help="Look for traces of manipulation in pictures.", no_args_is_help=True)
app.add_typer(commands, name="forensics")


@commands.command()
def measure(
    run: str | None = typer.Argument(
        None, help="A run's or a checkpoint's folder; without one, the baselines are measured alone."
    ),
    data: Path = typer.Option(help="A forgery set that `rumorscope data import` wrote, such as casia1."),
    split: str = typer.Option("test", help="Which of its splits; looks at 'test' are counted."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    resave: int | None = typer.Option(
        None, min=1, max=100, help="First save every picture as JPEG of this quality, as platforms do."
    ),
    resamples: int = typer.Option(1000, min=100, help="How many bootstrap resamples the intervals rest on."),
    seed: int = typer.Option(0, min=0, help="Of the resamples and of the map of chance."),
    batch_size: int = typer.Option(32, min=1, help="Pictures judged at once; changes no answer."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    json_file: Path | None = typer.Option(None, "--json", help="Write every number to this file."),
) -> None:
    """Measure how well manipulation is found, as a whole and place by place.

    Prints the AUC of telling tampered pictures from authentic ones, and how well maps
    of manipulation fit the masks, with 95% intervals over groups of sources, beside
    plain baselines. These learn from the training pictures at most. With --resave,
    every picture is first saved anew, so that none is told by how its file was saved.

    \b
        rumorscope forensics measure --data data/casia1
        rumorscope forensics measure runs/kecl --data data/casia1 --json casia1.json
    """
    from rich.console import Console

    from rumorscope.cli._measured import check_writable, looks_sentence
    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import divided
    from rumorscope.evaluation.forensic_tables import show
    from rumorscope.evaluation.forensics import known_pictures, measure_forensics, resaved

    if json_file is not None:
        check_writable(json_file)
    manifest = divided(load_manifest(data), split_file, fold)
    checkpoint = _checkpoint(run, device)
    posts, times = _posts(manifest, split, checkpoint)
    train = known_pictures(manifest.split("train")) if "train" in manifest.splits else []
    if resave is not None:
        train, posts = resaved(train, resave), resaved(posts, resave)
    answers = _answers(checkpoint, train, posts, seed, batch_size)
    report = measure_forensics(posts, answers, resamples=resamples, seed=seed)
    console = Console()
    if resave is not None:
        console.print(f"Every picture was first saved as JPEG of quality {resave}.", highlight=False)
    show(console, report)
    if checkpoint is not None and split == "test":
        console.print(looks_sentence(times))
    if json_file is not None:
        record = {"split": split, "data": manifest.fingerprint, "openings": times, "resave": resave}
        record |= {"resamples": resamples, "seed": seed}
        record |= {"checkpoint": checkpoint.hash if checkpoint else None}
        _write_json(json_file, record | asdict(report))


@commands.command()
def inspect(
    image: Path = typer.Argument(help="A picture's file."),
    run: str | None = typer.Option(
        None, help="A run whose detector finds manipulation: adds its probability and its map."
    ),
    out: Path | None = typer.Option(None, help="Write a page for the browser, a name ending in .html."),
    json_file: Path | None = typer.Option(None, "--json", help="Write what was found to this file."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Show the traces of manipulation in one picture, for people to judge.

    Prints what the file says of itself; the page also shows the error level and, with
    --run, where the detector takes the picture for altered. Nothing of it is a proof.

    \b
        rumorscope forensics inspect photo.jpg --out photo.html
        rumorscope forensics inspect photo.jpg --run runs/kecl --json photo.json
    """
    from rumorscope.cli._measured import check_writable
    from rumorscope.explanation import words
    from rumorscope.explanation.traces import metadata_lines, traces_page
    from rumorscope.forensics.metadata import read_metadata

    if out is not None and out.suffix != ".html":
        raise InputError(f"--out {out}: the name must end in .html")
    for path in filter(None, (out, json_file)):
        check_writable(path)
    metadata = read_metadata(image)
    checkpoint = _checkpoint(run, device)
    found = None if checkpoint is None else _manipulation(checkpoint, image)
    maker = f"{checkpoint.name}, checkpoint {checkpoint.hash}" if checkpoint else ""
    for name, value in metadata_lines(metadata):
        typer.echo(f"{name}: {value}")
    if found is not None:
        typer.echo(f"{words.manipulation(found)}\nJudged by {maker}.")
    if out is not None:
        out.write_text(traces_page(image.name, image, found, maker), encoding="utf-8")
        typer.echo(f"{out} is written; open it in a browser")
    if json_file is not None:
        record: dict[str, Any] = {"image": image.name, "metadata": asdict(metadata)}
        record |= {"error_level": _error_level(image), "manipulation": asdict(found) if found else None}
        _write_json(json_file, record | {"checkpoint": checkpoint.hash if checkpoint else None})


def _manipulation(checkpoint: Checkpoint, image: Path) -> ManipulationMap:
    from rumorscope.evaluation.forensics import maps_of_posts
    from rumorscope.post import Post

    return maps_of_posts(checkpoint, [Post(image.name, "", (image,))])[0]


def _error_level(image: Path) -> dict[str, Any]:
    from rumorscope.data.images import read_image
    from rumorscope.forensics.error_level import QUALITY, error_level, error_level_map

    picture = read_image(image)
    mean = float(error_level(picture).mean())
    return {"quality": QUALITY, "mean": mean, "values": error_level_map(picture)}


def _checkpoint(run: str | None, device: str) -> Checkpoint | None:
    from rumorscope.scoring.scorer import pick_device
    from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint

    return None if run is None else load_checkpoint(resolve_checkpoint(run), pick_device(device))


def _posts(manifest: Manifest, split: str, checkpoint: Checkpoint | None) -> tuple[list[Post], int | None]:
    """The pictures to be measured on, and how often the run has seen them."""
    from rumorscope.evaluation.forensics import known_pictures
    from rumorscope.evaluation.openings import open_test

    times = None
    if split == "test":
        opened = open_test(checkpoint, manifest)
        found, times = opened.posts, opened.times
    else:
        found = manifest.split(split)
    posts = known_pictures(found)
    if not posts:
        raise InputError(
            f"{manifest.folder} says of no picture of the split '{split}' whether it was altered; give a "
            "forgery set, as `rumorscope data import casia1` writes it"
        )
    return posts, times


def _answers(
    checkpoint: Checkpoint | None, train: Sequence[Post], posts: Sequence[Post], seed: int, batch_size: int
) -> list[Answers]:
    from rich.console import Console
    from rich.progress import Progress

    from rumorscope.cli.data import _progress
    from rumorscope.evaluation.forensic_baselines import baselines
    from rumorscope.evaluation.forensics import find_manipulation

    answers = []
    if checkpoint is not None:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("judging pictures", total=len(posts))
            answers.append(
                find_manipulation(
                    checkpoint,
                    posts,
                    batch_size=batch_size,
                    advance=lambda done: progress.advance(task, done),
                )
            )
    return answers + baselines(train, posts, seed=seed, progress=_progress("reading pictures"))


def _write_json(path: Path, values: dict[str, Any]) -> None:
    import json

    from rumorscope import __version__

    text = json.dumps(values | {"rumorscope": __version__}, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
