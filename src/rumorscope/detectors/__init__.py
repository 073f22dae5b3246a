"""One published system a file. A file whose name starts with `_` is no detector.

Other packages register theirs through the entry point group `rumorscope.detectors`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from importlib.metadata import entry_points

from rumorscope.detectors._interface import Detector, Output, ParameterGroup, Stage
from rumorscope.errors import InputError

__all__ = ["Detector", "Output", "ParameterGroup", "Stage", "detector_class", "detector_names"]


def detector_names() -> list[str]:
    """The names of all detectors: the files here and what other packages register."""
    own = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return sorted({*own, *(point.name for point in entry_points(group="rumorscope.detectors"))})


def detector_class(name: str) -> type[Detector]:
    """The detector of that name. Raises InputError that lists the known ones."""
    for point in entry_points(group="rumorscope.detectors", name=name):
        loaded: type[Detector] = point.load()
        return loaded
    if name not in detector_names():
        close = difflib.get_close_matches(name, detector_names(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(detector_names())}"
        raise InputError(f"unknown detector '{name}'; {hint}")
    module = importlib.import_module(f"{__name__}.{name}")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Detector) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise TypeError(f"{module.__name__} must define exactly one Detector, not {len(classes)}")
    return classes[0]
