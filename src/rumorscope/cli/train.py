"""`rumorscope train`: from a configuration and data to a calibrated checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rumorscope.cli._app import app

if TYPE_CHECKING:
    from rich.console import Console

    from rumorscope.training.config import DataConfig, RunConfig
    from rumorscope.training.run import Summary


@app.command("train")
def train(
    config: Path = typer.Argument(help="A run's TOML, such as configs/micc-twitter.toml."),
    to: Path | None = typer.Option(
        None, help="The run's folder. A run that was stopped goes on there.  [default: runs/<name of CONFIG>]"
    ),
    data: list[Path] = typer.Option([], help="A folder with posts, in place of those in CONFIG; repeatable."),
    captions: list[Path] = typer.Option([], help="A folder with caption pairs, likewise; repeatable."),
    forgeries: list[Path] = typer.Option([], help="A forgery set, likewise; repeatable."),
    split_file: Path | None = typer.Option(
        None, help="What `rumorscope data split` wrote for the folder, in place of its own splits."
    ),
    fold: str | None = typer.Option(None, help="Which of the split file's folds."),
    seed: int | None = typer.Option(None, min=0, help="In place of the seed in CONFIG."),
    changes: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Change any key, as in training.patience=5; repeatable."
    ),
) -> None:
    """Train a detector, and keep its best weights on validation posts as a checkpoint.

    CONFIG names the detector, the data and how to train; docs/training.md explains every key. Folders of
    posts and captions come from `rumorscope data import`. Posts of the split "test" are never looked at.

    Stop it whenever you like: the same command goes on where it stood, to the same weights.

    Several processes:  accelerate launch --num_processes 2 $(which rumorscope) train CONFIG
    """
    from rich.console import Console

    from rumorscope.training.config import read_run_config

    given = {"training.seed": seed, "data.split": split_file, "data.fold": fold}
    changes = [*changes, *(f"{key}={_toml(value)}" for key, value in given.items() if value is not None)]
    run = read_run_config(config, changes, folders=data, captions=captions, forgeries=forgeries)
    folder = to or Path("runs") / config.stem
    console = Console()
    summary = _train(run, folder, console)
    if summary is not None:
        _print(summary, run.data, console)


def _toml(value: object) -> str:
    """A value as a TOML file has it: quoted, so that a fold called 1 stays a name."""
    return str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False)


def _train(run: RunConfig, folder: Path, console: Console) -> Summary | None:
    """Train with a progress bar; only the main one of several processes shows it and gets the summary."""
    from rumorscope.training.processes import Processes
    from rumorscope.training.progress import ProgressBar
    from rumorscope.training.run import train_run

    with Processes() as processes:
        if not processes.is_main:
            train_run(run, folder, processes=processes)
            return None
        with ProgressBar(console) as bar:
            return train_run(run, folder, processes=processes, report=bar)


def _print(summary: Summary, used: DataConfig, console: Console) -> None:
    selected, metrics = summary.details["selected"], summary.details["validation"]
    data = f" --data {summary.data[0]}" if summary.data else ""
    data += f" --split-file {used.split}" if used.split else ""
    data += f" --fold {used.fold}" if used.fold else ""
    lines = [
        f"selected     {selected['stage']}, epoch {selected['epoch']}",
        f"validation   {', '.join(f'{name} {value:.3f}' for name, value in metrics.items()) or 'none'}",
        f"temperature  {summary.calibration.temperature:.3f}",
        f"checkpoint   {summary.checkpoint}",
        "",
        f"next: rumorscope evaluate {summary.folder}{data} --split test",
        f'      rumorscope score "TEXT" --image FILE --run {summary.folder}',
    ]
    if summary.was_finished:
        lines.insert(0, f"{summary.folder} was trained already; this is what it came to.")
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)
