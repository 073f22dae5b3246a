"""The rows of an experiment: which run each detector, variant or setting is on each data entry."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rumorscope.detectors import detector_class
from rumorscope.errors import InputError
from rumorscope.evaluation.experiments.config import DataEntry, DetectorEntry, ExperimentConfig
from rumorscope.training.config import RunConfig, read_run_config

SHORT = {"detector", "training", "data"}  # sections that say nothing in a row's name


@dataclass(frozen=True)
class Row:
    """A row of the tables."""

    name: str
    settings: Mapping[str, Any]  # what a sweep varies, by key
    runs: Mapping[str, RunConfig]  # by data entry; without the entries that the row does not serve

    def seeded(self, data: str) -> bool:
        """Whether more than one seed tells more than one."""
        return detector_class(self.runs[data].name).seeded


@dataclass(frozen=True)
class Changes:
    """What the command line changes of all rows that it fits."""

    values: Sequence[str] = ()  # "KEY=VALUE", or "ROW: KEY=VALUE" for one row
    towers: Mapping[str, str] = field(default_factory=dict)  # a tower's name → the folder to take it from


UNCHANGED = Changes()


def plan_rows(config: ExperimentConfig, changes: Changes = UNCHANGED) -> list[Row]:
    """Every row, in order. Raises InputError for a run that cannot be, or a change that fits no row."""
    fitting = _Fitting(changes)
    rows = [
        _row(name, settings, config, fitting)
        for settings in _combinations(config.sweep)
        for name in dict.fromkeys(entry.name for entry in config.detectors)
    ]
    fitting.check()
    if config.sweep and len({entry.name for entry in config.detectors}) == 1:
        rows = [Row(setting_name(row.settings), row.settings, row.runs) for row in rows]
    _check(rows, config)
    return rows


def setting_name(settings: Mapping[str, Any]) -> str:
    """ "top_k 2", or "fusion_layers 2, fusion_width 64"."""
    parts = []
    for key, value in settings.items():
        shown = value if isinstance(value, str) else json.dumps(value)
        parts.append(f"{key.split('.')[-1]} {shown}")
    return ", ".join(parts)


def _check(rows: Sequence[Row], config: ExperimentConfig) -> None:
    repeated = [name for name, count in Counter(row.name for row in rows).items() if count > 1]
    if repeated:
        raise InputError(f"the setting '{repeated[0]}' is there twice; give each value once")
    for data in config.data:
        if not any(data.name in row.runs for row in rows):
            raise InputError(f"no detector serves the data entry '{data.name}'; see its name under `only`")


def _combinations(sweep: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(sweep, values, strict=True)) for values in itertools.product(*sweep.values())]


def _row(name: str, settings: Mapping[str, Any], config: ExperimentConfig, fitting: _Fitting) -> Row:
    parts = [entry for entry in config.detectors if entry.name == name]
    runs = {}
    for data in config.data:
        if part := _serving(parts, data):
            runs[data.name] = _run(part, data, settings, fitting)
    full = ", ".join(filter(None, (name, setting_name(settings))))
    return Row(full, settings, runs)


def _serving(parts: Sequence[DetectorEntry], data: DataEntry) -> DetectorEntry | None:
    """The part of a row that names the data entry, else the one for all."""
    for serving in ([p for p in parts if data.name in p.only], [p for p in parts if not p.only]):
        if len(serving) > 1:
            raise InputError(
                f"'{serving[0].name}' has {len(serving)} configurations for '{data.name}'; keep one, "
                "or name the data entries of each under `only`"
            )
        if serving:
            return serving[0]
    return None


def _run(part: DetectorEntry, data: DataEntry, settings: Mapping[str, Any], fitting: _Fitting) -> RunConfig:
    own = read_run_config(part.config, part.set)
    swept = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    changed = read_run_config(part.config, [*part.set, *fitting.of(part.name, own), *swept])
    run = fitting.with_towers(changed.resolved())
    captions = data.captions if run.data.captions and data.captions else run.data.captions
    return run.model_copy(
        update={
            "data": run.data.model_copy(
                update={"folders": data.folders, "captions": captions, "split": None, "fold": None}
            )
        }
    )


class _Fitting:
    """Applies changes where they fit, and remembers which have fitted somewhere."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._unused = {*changes.values, *changes.towers}

    def of(self, row: str, run: RunConfig) -> Iterable[str]:
        """The changes that fit this run."""
        for given in self._changes.values:
            named, change = _addressee(given)
            if row == named if named else _has_key(run, change.partition("=")[0].strip()):
                self._unused.discard(given)
                yield change

    def with_towers(self, run: RunConfig) -> RunConfig:
        """The run with the towers that are to come from elsewhere."""
        return run.model_copy(update={"detector": self._replaced(run.detector)})

    def check(self) -> None:
        """Raise InputError for a change that fitted no row."""
        if unused := sorted(self._unused):
            raise InputError(
                f"'{unused[0]}' fits no row of this experiment; a key is one of a run's TOML, as in "
                "training.patience=5, and a tower is one that a row names"
            )

    def _replaced(self, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        replaced = {key: self._replaced(value) for key, value in values.items()}
        model = str(values.get("model"))
        if model in self._changes.towers:
            self._unused.discard(model)
            replaced["model"] = self._changes.towers[model]
        return replaced


def _addressee(given: str) -> tuple[str, str]:
    """ "ROW: KEY=VALUE" in its two parts; the first is empty where the change is for all."""
    match = re.match(r"([^=]*):\s*([^=]+=.*)$", given, flags=re.DOTALL)
    return (match[1].strip(), match[2]) if match else ("", given)


def _has_key(run: RunConfig, key: str) -> bool:
    """Whether a run has the key: its detector knows it, or its file names the stage."""
    section, *path = key.split(".")
    if section == "training" and path[:1] == ["stages"]:
        return path[1] in run.training.stages if len(path) > 1 else False
    if section != "detector":
        return True
    values: Any = run.resolved().detector
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True
