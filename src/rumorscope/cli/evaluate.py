"""`rumorscope evaluate`: how good a trained detector is, with intervals and plain references beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rumorscope.cli._measured import Measured
    from rumorscope.evaluation.assess import Assessment, Resampling
    from rumorscope.evaluation.evaluate import Evaluation
    from rumorscope.post import Post


@app.command("evaluate")
def evaluate_run(
    run: str = typer.Argument(help="A run's folder, a checkpoint's folder, or 'compact'."),
    data: Path = typer.Option(help="A folder that `rumorscope data import` wrote."),
    split: str = typer.Option("test", help="Which of its splits; looks at 'test' are counted."),
    split_file: Path | None = typer.Option(None, help="What `rumorscope data split` wrote, for its splits."),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    baselines: bool = typer.Option(
        False, "--baselines", help="Fit plain references on the train split and print them beside."
    ),
    image_tower: str | None = typer.Option(
        None, help="A frozen image tower (folder or hub name) for an image baseline; implies --baselines."
    ),
    cluster: Literal["auto", "none", "image", "event"] = typer.Option(
        "auto", help="What intervals take as independent; 'auto' is 'image' where posts share pictures."
    ),
    resamples: int = typer.Option(1000, min=100, help="How many bootstrap resamples the intervals rest on."),
    seed: int = typer.Option(0, min=0, help="Of the resamples."),
    batch_size: int = typer.Option(32, min=1, help="Posts judged at once; changes no answer."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    json_file: Path | None = typer.Option(None, "--json", help="Write every number to this file."),
    predictions: Path | None = typer.Option(None, help="Write id, label, probability, event as CSV."),
) -> None:
    """Measure a trained detector on labelled posts.

    Prints accuracy, precision, recall, F1, AUC, average precision and calibration with 95% intervals, the
    confusion matrix, one row for each event, and how often the run has seen this test data.

    rumorscope evaluate runs/micc --data twitter --split test --baselines
    """
    from rich.console import Console

    from rumorscope.cli._measured import check_writable, load_measured
    from rumorscope.data.manifest import load_manifest
    from rumorscope.data.split_file import divided
    from rumorscope.evaluation.assess import Resampling
    from rumorscope.evaluation.tables import show

    for path in filter(None, (json_file, predictions)):
        check_writable(path)
    plain = baselines or image_tower is not None
    train = divided(load_manifest(data), split_file, fold).split("train") if plain else []
    measured = load_measured(run, data, split, split_file, fold, device)
    evaluation = _evaluate(measured, Resampling(cluster, resamples, seed), batch_size)
    references = _references(evaluation, train, measured.posts, image_tower) if train else []
    console = Console()
    show(console, evaluation, references)
    if measured.looks:
        console.print(measured.looks)
    if json_file is not None:
        record = {"split": split, "openings": measured.opened.times if measured.opened else None}
        _write_json(json_file, record, evaluation, references)
    if predictions is not None:
        evaluation.predictions.write_csv(predictions)


def _evaluate(measured: Measured, resampling: Resampling, batch_size: int) -> Evaluation:
    from rich.console import Console
    from rich.progress import Progress

    from rumorscope.evaluation.evaluate import evaluate

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("judging posts", total=len(measured.posts))
        return evaluate(
            measured.checkpoint,
            measured.posts,
            fingerprint=measured.fingerprint,
            resampling=resampling,
            batch_size=batch_size,
            advance=lambda done: progress.advance(task, done),
        )


def _references(
    evaluation: Evaluation, train: Sequence[Post], posts: Sequence[Post], image_tower: str | None
) -> list[Assessment]:
    from rich.console import Console

    from rumorscope.evaluation.references import assess_references

    with Console(stderr=True).status("fitting the plain baselines"):
        return assess_references(train, posts, evaluation.clusters, evaluation.resampling, image_tower)


def _write_json(
    path: Path, record: dict[str, Any], evaluation: Evaluation, references: Sequence[Assessment]
) -> None:
    import json
    from dataclasses import asdict

    from rumorscope import __version__

    values = record | evaluation.as_dict()
    values |= {"baselines": [asdict(reference) for reference in references], "rumorscope": __version__}
    path.write_text(
        json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
