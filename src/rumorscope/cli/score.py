"""`rumorscope score`: a verdict on one post, or on a file of any number."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rumorscope.cli._app import app
from rumorscope.errors import InputError

if TYPE_CHECKING:
    from rumorscope.post import Post, Verdict
    from rumorscope.scoring.files import Judging, Summary
    from rumorscope.scoring.scorer import Scorer


@app.command()
def score(
    post: str = typer.Argument(
        help="The post's text; or a .jsonl, .csv or .parquet file, or a manifest folder."
    ),
    image: list[Path] = typer.Option([], "--image", help="A picture of the post. Repeat it for several."),
    out: Path | None = typer.Option(
        None, "--out", help="Where a file's verdicts go: a name ending in .jsonl, .csv or .parquet."
    ),
    run: str = typer.Option(
        "compact", help="The detector: a folder of `rumorscope train`, or the one that the package carries."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON, for programs."),
    explain: bool = typer.Option(
        False, "--explain", help="Add the evidence to a file's verdicts; takes several times longer."
    ),
    batch_size: int = typer.Option(32, min=1, help="Posts judged at once."),
    device: str = typer.Option("auto", help="auto, cpu, cuda or cuda:1."),
    runtime: str = typer.Option(
        "auto", help="torch, or what `rumorscope export` wrote: openvino, onnx, openvino-int8."
    ),
    ray: bool = typer.Option(
        False, "--ray", help="Judge a file on the Ray cluster of RAY_ADDRESS, or on all of this machine."
    ),
    workers: int | None = typer.Option(
        None, min=1, help="With --ray: how many processes.  [default: one a processor]"
    ),
    image_root: Path | None = typer.Option(
        None, help="The folder that a file's pictures must lie in, if not the file's own."
    ),
    overwrite: bool = typer.Option(
        False, "--overwrite", help="Start anew instead of going on, and replace what is there."
    ),
) -> None:
    """Say how likely a post is a rumor, and what that rests on.

    One post, its text and pictures together:

    \b
        rumorscope score "Shark in the flooded street!" --image shark.jpg
        rumorscope score "网传大桥垮塌" --image a.jpg --image b.jpg --json

    A file of any number of posts, whose rows have an id, a text and images: paths
    relative to the file, as a list, or in CSV separated by "|". One row comes out
    for each row in, in order; a row that cannot be judged says why. Stop it
    whenever you like: the same command goes on where it stood.

    \b
        rumorscope score posts.jsonl --out verdicts.jsonl
        rumorscope score posts.csv --out verdicts.parquet --run runs/micc
        RAY_ADDRESS=10.0.0.1:6379 rumorscope score posts.jsonl --out verdicts.jsonl --ray
    """
    from rumorscope.scoring.readers import names_post_file

    if names_post_file(post):
        if image:
            raise InputError("--image goes with a text; a file's rows name their own pictures")
        if out is None:
            raise InputError(f"say where the verdicts of {post} go: --out verdicts.jsonl")
        options = {"batch_size": batch_size, "explain": explain, "overwrite": overwrite}
        load = partial(_scorer, _everywhere(run), device, runtime)
        judging = partial(_cluster, load, workers) if ray else load
        summary = _score_file(Path(post), out, judging, image_root, options)
        _print_summary(summary, out, as_json=as_json)
        return
    if ray:
        raise InputError("--ray goes with a file of posts: one post is judged here")
    if out is not None:
        raise InputError(f"--out goes with a file of posts, and '{post[:80]}' is none")
    judged, verdict = judge(post, image, run, device, runtime)
    _print_verdict(judged, verdict, as_json=as_json)


def judge(
    text: str, images: Sequence[Path], run: str, device: str, runtime: str = "auto"
) -> tuple[Post, Verdict]:
    """One post and its verdict with evidence. Raises InputError where it cannot be judged."""
    from rumorscope.post import Post

    for image in images:
        if re.match(r"[a-z]{2,}:/", str(image)):  # a path has lost the second slash; a drive has one letter
            raise InputError(f"--image {image} looks like a URL, which is never fetched; save it to a file")
    post = Post("1", text, tuple(images))
    (verdict,) = _scorer(run, device, runtime)([post], explain=True)
    if verdict.error is not None:
        raise InputError(verdict.error.removeprefix("post 1: "))
    return post, verdict


def _scorer(run: str, device: str, runtime: str) -> Scorer:
    from rumorscope.scoring.scorer import Scorer

    return Scorer.load(run, device=device, runtime=runtime)


def _cluster(load: Callable[[], Scorer], workers: int | None) -> Judging:
    from rumorscope.scoring.cluster import Cluster

    return Cluster(load, workers)


def _everywhere(run: str) -> str:
    """The name of a run for processes with another working folder."""
    return str(Path(run).absolute()) if Path(run).is_dir() else run


def _score_file(
    path: Path, out: Path, load: Callable[[], Judging], image_root: Path | None, options: dict[str, Any]
) -> Summary:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from rumorscope.scoring.files import score_file
    from rumorscope.scoring.readers import PostFile

    posts = PostFile(path, image_root)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("posts", total=posts.count())
        return score_file(load(), posts, out, progress=lambda row: bar.update(task, completed=row), **options)


def _print_verdict(post: Post, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        from rumorscope.scoring.records import record

        typer.echo(json.dumps(record(verdict), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from rumorscope.cli._show import show_verdict

    show_verdict(Console(), post, verdict)


def _print_summary(summary: Summary, out: Path, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(summary) | {"out": str(out)}))
        return
    resumed = f" ({summary.resumed} stood already)" if summary.resumed else ""
    typer.echo(
        f"{out}: {summary.rows} rows{resumed}, {summary.rumors} likely rumors, "
        f"{summary.abstained} undecided, {summary.errors} errors"
    )
