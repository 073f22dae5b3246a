"""`rumorscope sweep`: how much depends on a setting, and which to take, without looking at the test posts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

from rumorscope.cli._app import app
from rumorscope.cli._experiments import (
    Cache,
    Captions,
    Data,
    Folds,
    Jobs,
    KeepCheckpoints,
    Options,
    Pictures,
    Protocol,
    Ratios,
    Seeds,
    Set,
    Split,
    To,
    Tower,
    data_entry,
    run,
)
from rumorscope.errors import InputError


@app.command("sweep")
def sweep(
    config: Path = typer.Argument(help="An experiment's TOML with a [sweep], or a run's TOML."),
    over: list[str] = typer.Option(
        [],
        "--over",
        metavar="KEY=VALUE,VALUE",
        help="For a run file: try these values; repeatable, for every combination.",
    ),
    open_test: Literal["chosen", "every"] = typer.Option(
        "chosen", help="For which settings to open the test posts; 'every' is printed and counted."
    ),
    data: Data = [],  # noqa: B006  # typer reads it, nobody changes it
    captions: Captions = [],  # noqa: B006
    protocol: Protocol = "published",
    split: Split = None,
    ratios: Ratios = "8:1:1",
    folds: Folds = 1,
    seeds: Seeds = None,
    changes: Set = [],  # noqa: B006
    towers: Tower = [],  # noqa: B006
    jobs: Jobs = None,
    to: To = None,
    cache: Cache = None,
    keep_checkpoints: KeepCheckpoints = False,
    pictures: Pictures = True,
) -> None:
    """Train every setting, choose the best on validation posts, and open the test posts for it alone.

    What is chosen is the setting with the highest mean over seeds of the experiment's `select_by` (AUC).

    rumorscope sweep configs/micc-twitter.toml --over detector.top_k=1,2,3 --seeds 5
    """
    from rumorscope.evaluation.experiments.adhoc import experiment_over
    from rumorscope.evaluation.experiments.config import is_experiment, read_experiment

    entry = data_entry(data, captions, protocol, split, ratios, folds)
    if is_experiment(config):
        if over or entry:
            raise InputError(f"{config} is a whole experiment; --over and --data are for a run's file")
        experiment = read_experiment(config)
    else:
        experiment = experiment_over(config, over, entry)
    if not experiment.sweep:
        raise InputError(f"{config} varies nothing; give --over KEY=VALUE,VALUE, or an experiment a [sweep]")
    options = Options(to, cache, jobs, seeds, changes, towers, keep_checkpoints, pictures, open_test)
    run("sweep", experiment, config.stem, options)
