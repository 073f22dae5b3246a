"""`rumorscope export`: compile a detector for this machine's processor, if its answers stay the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rumorscope.post import Post
    from rumorscope.training.checkpoint import Checkpoint


@app.command()
def export(
    run: str = typer.Argument(help="A run's folder, a checkpoint's folder, or 'compact'."),
    to: Literal["openvino", "onnx"] = typer.Option("openvino", "--to", help="What will run it."),
    precision: Literal["fp32", "bf16", "int8"] = typer.Option(
        "fp32", help="int8 is the fastest and takes its ranges from training posts."
    ),
    data: Path | None = typer.Option(
        None,
        help="A folder that `rumorscope data import` wrote: its training posts give int8 its ranges; its "
        "validation posts, or else training posts, are judged both ways.  [default: the run's own]",
    ),
    posts: int = typer.Option(400, min=1, help="How many posts are judged both ways, at most."),
    calibration_posts: int = typer.Option(256, min=8, help="How many give int8 its ranges, at most."),
    tolerance: float = typer.Option(
        0.01,
        min=0,
        max=1,
        help="How far probabilities may move on average, the share of posts that may get another label, and "
        "how far accuracy may fall.",
    ),
) -> None:
    """Compile a detector's towers, for several times the speed on a processor.

    The export lies in the checkpoint's folder, and whatever scores with the run takes it
    from then on (--runtime torch does not). It is judged beside PyTorch first, and refused
    where the answers differ by more than the tolerance. Training or calibrating the run
    anew makes it void: export again.

    \b
        rumorscope export runs/micc
        rumorscope export runs/micc --precision int8 --data data/twitter
        rumorscope export compact --to onnx
    """
    from rich.console import Console

    from rumorscope.runtime.engines import ENGINES
    from rumorscope.runtime.exporting import export_checkpoint
    from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint

    console = Console(stderr=True)
    ENGINES[to].check(precision, exporting=True)
    checkpoint = load_checkpoint(resolve_checkpoint(run), "cpu")
    check, on = _check_posts(checkpoint, data, precision)
    calibration = _calibration_posts(checkpoint, data) if precision == "int8" else []
    with console.status("reading posts") as status:
        folder, made = export_checkpoint(
            checkpoint,
            ENGINES[to],
            precision,
            calibration=_spread(calibration, calibration_posts),
            check=_spread(check, posts),
            on=on,
            tolerance=tolerance,
            tell=status.update,
        )
    typer.echo(f"{folder}: {made.deviation.words()}")


def _check_posts(checkpoint: Checkpoint, data: Path | None, precision: str) -> tuple[Sequence[Post], str]:
    from rumorscope.data.manifest import load_manifest
    from rumorscope.runtime.made_posts import made_posts

    if data is not None:
        manifest = load_manifest(data)
        split = "validation" if "validation" in manifest.splits else "train"
        return manifest.split(split), f"{split} posts"
    if _has_posts(checkpoint):
        from rumorscope.training.run import validation_posts

        if own := validation_posts(checkpoint.folder.parent):
            return own, "the run's validation posts"
    if precision == "int8":
        raise InputError("int8 takes its ranges from posts of the detector's kind: name some with --data")
    return made_posts(), "made up for the comparison"


def _calibration_posts(checkpoint: Checkpoint, data: Path | None) -> Sequence[Post]:
    from rumorscope.data.manifest import load_manifest
    from rumorscope.training.run import training_posts

    return load_manifest(data).split("train") if data else training_posts(checkpoint.folder.parent)


def _has_posts(checkpoint: Checkpoint) -> bool:
    return (checkpoint.folder.parent / "config.json").is_file()


def _spread(posts: Sequence[Post], most: int) -> Sequence[Post]:
    """Some of the posts, from all over the file: neighbours are often alike."""
    step = max(1, -(-len(posts) // most))
    return posts[::step]
