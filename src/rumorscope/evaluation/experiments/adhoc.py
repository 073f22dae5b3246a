"""Experiments put together on the command line, out of run configurations."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.config import DataEntry, DetectorEntry, ExperimentConfig
from rumorscope.training.config import DataConfig, read_run_config


def experiment_of_runs(paths: Sequence[Path], data: DataEntry | None) -> ExperimentConfig:
    """Every run as a row, on `data`, or on the data that all of them name.

    Raises InputError for two runs of one name, or for data that differ.
    """
    names = [path.stem for path in paths]
    for path in paths:
        if names.count(path.stem) > 1:
            raise InputError(f"two runs are named {path.stem}; rename one, or write an experiment")
    return _experiment(
        title=", ".join(names),
        data=data or _own_data(paths),
        rows=[DetectorEntry(name=path.stem, config=path) for path in paths],
    )


def experiment_of_variants(path: Path, variants: Sequence[str], data: DataEntry | None) -> ExperimentConfig:
    """A run as the first row, and a row for each "NAME: KEY=VALUE; KEY=VALUE"."""
    rows = [DetectorEntry(name=path.stem, config=path), *(_variant(path, text) for text in variants)]
    return _experiment(title=f"Variants of {path.stem}", data=data or _own_data([path]), rows=rows)


def experiment_over(path: Path, over: Sequence[str], data: DataEntry | None) -> ExperimentConfig:
    """A run with every combination of the values of each "KEY=VALUE,VALUE"."""
    swept = dict(_values(text) for text in over)
    rows = [DetectorEntry(name=path.stem, config=path)]
    title = f"{path.stem} over {', '.join(swept)}"
    return _experiment(title=title, data=data or _own_data([path]), rows=rows, sweep=swept)


def data_name(folders: Sequence[Path], how: str) -> str:
    """ "twitter, random split"."""
    return f"{' + '.join(folder.name for folder in folders)}, {how.replace('_', ' ')} split"


def _experiment(
    title: str, data: DataEntry, rows: Sequence[DetectorEntry], sweep: dict[str, Any] | None = None
) -> ExperimentConfig:
    values = {
        "title": title,
        "data": [data.model_dump()],
        "detectors": [row.model_dump() for row in rows],
        "sweep": sweep or {},
    }
    return ExperimentConfig.parse(values, where="the command line")


def _own_data(paths: Sequence[Path]) -> DataEntry:
    first, *others = [read_run_config(path).data for path in paths]
    for path, other in zip(paths[1:], others, strict=True):
        if _division(other) != _division(first):
            raise InputError(f"{paths[0]} and {path} name other data; give what to compare on with --data")
    if not first.folders:
        raise InputError(f"{paths[0]} names no data; give it with --data")
    if first.fold is not None:
        raise InputError(f"{paths[0]} names the fold {first.fold!r}; give the data and its split with --data")
    how = first.split.stem if first.split else "published"
    return DataEntry(name=data_name(first.folders, how), folders=first.folders, split=first.split)


def _division(data: DataConfig) -> tuple[Any, ...]:
    return data.folders, data.split, data.fold


def _variant(path: Path, text: str) -> DetectorEntry:
    name, colon, changes = text.partition(":")
    listed = tuple(change.strip() for change in changes.split(";") if change.strip())
    if not colon or not name.strip() or not listed:
        raise InputError(
            f"variant {text!r}; write NAME: KEY=VALUE, as in 'no fusion: detector.variant=ms_alpha', with "
            "semicolons between several changes"
        )
    return DetectorEntry(name=name.strip(), config=path, set=listed)


def _values(text: str) -> tuple[str, list[Any]]:
    key, equals, values = text.partition("=")
    if not equals or not key.strip() or not values.strip():
        raise InputError(f"--over {text!r}; write KEY=VALUE,VALUE, as in detector.top_k=1,2,3")
    try:
        return key.strip(), tomllib.loads(f"values = [{values}]")["values"]
    except tomllib.TOMLDecodeError:
        return key.strip(), [value.strip() for value in values.split(",")]  # bare words
