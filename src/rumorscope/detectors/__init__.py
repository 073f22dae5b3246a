"""One published system a file. A file whose name starts with `_` is no detector.

Other packages register theirs through the entry point group `rumorscope.detectors`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points

from rumorscope.detectors._interface import Detector, Fit, Output, ParameterGroup, Stage
from rumorscope.errors import InputError

__all__ = ["Detector", "Fit", "Output", "ParameterGroup", "Stage", "detector_class", "detector_names"]

ENTRY_POINTS = "rumorscope.detectors"


def detector_names() -> list[str]:
    """The names of all detectors: the files here and what other packages register."""
    return sorted({*_own_names(), *(point.name for point in entry_points(group=ENTRY_POINTS))})


def detector_class(name: str) -> type[Detector]:
    """The detector of that name, this package's own first. Raises InputError that lists the known ones."""
    if name in _own_names():
        return _only_detector(f"{__name__}.{name}")
    for point in entry_points(group=ENTRY_POINTS, name=name):
        return _registered(point)
    close = difflib.get_close_matches(name, detector_names(), n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(detector_names())}"
    raise InputError(f"unknown detector '{name}'; {hint}")


def _own_names() -> set[str]:
    return {module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")}


def _only_detector(module_name: str) -> type[Detector]:
    module = importlib.import_module(module_name)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Detector) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise TypeError(f"{module_name} must define exactly one Detector, not {len(classes)}")
    return classes[0]


def _registered(point: EntryPoint) -> type[Detector]:
    loaded = point.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Detector)):
        raise TypeError(f"the entry point {point.name} = {point.value} is no Detector")
    return loaded
