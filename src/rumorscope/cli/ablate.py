"""`rumorscope ablate`: what each part of a detector is worth, by leaving it out."""

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


@app.command("ablate")
def ablate(
    config: Path = typer.Argument(help="An experiment's TOML whose first row is the whole, or a run's TOML."),
    variants: list[str] = typer.Option(
        [],
        "--variant",
        metavar="'NAME: KEY=VALUE; …'",
        help="For a run file: a row with these keys changed; repeatable.",
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
    """Hold variants of a detector against the whole one, which is the first row.

    As `rumorscope compare`, but the differences are those to the first row, and only these are corrected for
    their number.

    rumorscope ablate configs/micc-twitter.toml --variant 'no fusion: detector.variant=ms_alpha'
    """
    from rumorscope.evaluation.experiments.adhoc import experiment_of_variants
    from rumorscope.evaluation.experiments.config import is_experiment, read_experiment

    entry = data_entry(data, captions, protocol, split, ratios, folds)
    if is_experiment(config):
        if variants or entry:
            raise InputError(f"{config} is a whole experiment; --variant and --data are for a run's file")
        experiment = read_experiment(config)
    else:
        if not variants:
            raise InputError("no variant; name one, as in --variant 'no fusion: detector.variant=ms_alpha'")
        experiment = experiment_of_variants(config, variants, entry)
    options = Options(to, cache, jobs, seeds, changes, towers, keep_checkpoints, pictures)
    run("ablate", experiment, config.stem, options)
