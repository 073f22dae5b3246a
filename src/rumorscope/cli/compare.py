"""`rumorscope compare`: detectors side by side, on the same posts, with what the data supports."""

from __future__ import annotations

from pathlib import Path

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


@app.command("compare")
def compare(
    configs: list[Path] = typer.Argument(help="One experiment's TOML, or the TOML files of several runs."),
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
    """Train detectors with several seeds on the same data, and say what the data supports.

    Every row is held against every other. Prints means with 95% intervals over posts and seeds, paired
    differences corrected for their number, what the split gives away, and names a winner only where its lead
    over all other rows is beyond chance. Stop it whenever you like: the same command goes on.

    rumorscope compare configs/experiments/results.toml
    """
    from rumorscope.evaluation.experiments.adhoc import experiment_of_runs
    from rumorscope.evaluation.experiments.config import is_experiment, read_experiment

    entry = data_entry(data, captions, protocol, split, ratios, folds)
    whole = [path for path in configs if is_experiment(path)]
    if whole and (len(configs) > 1 or entry):
        raise InputError(f"{whole[0]} is a whole experiment; give it alone, without --data, or give runs")
    config = read_experiment(whole[0]) if whole else experiment_of_runs(configs, entry)
    options = Options(to, cache, jobs, seeds, changes, towers, keep_checkpoints, pictures)
    run("compare", config, "-".join(path.stem for path in configs), options)
