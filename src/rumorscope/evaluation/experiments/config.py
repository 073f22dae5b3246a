"""What an experiment is, read from TOML: detectors as rows, data as columns, seeds, what a sweep varies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from rumorscope.config import Settings, read_toml
from rumorscope.data.splitting import Protocol, Ratios, parse_ratios
from rumorscope.errors import InputError

Selection = Literal["auc", "accuracy", "macro_f1"]


class DataEntry(Settings):
    """One column: folders with manifests, and how their posts are divided."""

    name: str
    folders: Annotated[tuple[Path, ...], Field(min_length=1)]
    captions: tuple[Path, ...] = ()  # in place of the runs' own, for runs that learn from captions
    protocol: Protocol = "published"
    split: Path | None = None  # a split file, in place of a protocol; relative to the experiment's file
    ratios: str = "8:1:1"  # of train, validation and test
    folds: PositiveInt = 1
    split_seed: NonNegativeInt = 0

    @property
    def shares(self) -> Ratios:
        """`ratios` as numbers that add up to 1."""
        return parse_ratios(self.ratios)

    @field_validator("ratios")
    @classmethod
    def _are_ratios(cls, value: str) -> str:
        try:
            parse_ratios(value)
        except InputError as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _has_one_folder_to_divide(self) -> Self:
        if len(self.folders) > 1 and (self.protocol != "published" or self.split):
            raise ValueError(f"'{self.name}' has {len(self.folders)} folders; only one can be divided anew")
        return self


class DetectorEntry(Settings):
    """One row, or the part of a row that serves the data entries named in `only`."""

    name: str
    config: Path  # a run's TOML, relative to the experiment's file; its [data] folders are the entry's
    set: tuple[str, ...] = ()  # changes of that run, as in "detector.top_k=2"
    only: tuple[str, ...] = ()  # data entries; empty serves all that no other part of the row names


class ExperimentConfig(Settings):
    """A whole experiment."""

    title: str
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)] = (0, 1, 2, 3, 4)
    data: Annotated[tuple[DataEntry, ...], Field(min_length=1)]
    detectors: Annotated[tuple[DetectorEntry, ...], Field(min_length=1)]
    sweep: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default_factory=dict)
    select_by: Selection = "auc"  # on validation posts: what a sweep chooses by

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Self:
        names = [entry.name for entry in self.data]
        for what, values in (("data entry", names), ("seed", self.seeds)):
            repeated = [value for value, count in Counter(values).items() if count > 1]
            if repeated:
                raise ValueError(f"{what} {repeated[0]!r} is there twice; give each its own")
        for detector in self.detectors:
            for name in detector.only:
                if name not in names:
                    raise ValueError(
                        f"'{detector.name}' serves only {name!r}, which is no data entry; they are: {names}"
                    )
        return self


def read_experiment(path: Path) -> ExperimentConfig:
    """Read an experiment's TOML; its paths of configurations and splits become relative to here.

    Raises InputError for what is misspelled or impossible.
    """
    config = ExperimentConfig.parse(read_toml(path), where=str(path))
    base = path.parent
    return config.model_copy(
        update={
            "detectors": tuple(
                entry.model_copy(update={"config": base / entry.config}) for entry in config.detectors
            ),
            "data": tuple(
                entry.model_copy(update={"split": base / entry.split if entry.split else None})
                for entry in config.data
            ),
        }
    )


def is_experiment(path: Path) -> bool:
    """Whether a TOML file is an experiment's, rather than a run's. Raises InputError where it is neither."""
    values = read_toml(path)
    if "detectors" not in values and "detector" not in values:
        raise InputError(f"{path} is no experiment ([[detectors]]) and no run ([detector])")
    return "detectors" in values
