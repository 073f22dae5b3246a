"""A trained detector on disk: safetensors and JSON, written whole or not at all, and never unpickled.

model.safetensors   the weights
checkpoint.json     format version, detector, its configuration, calibration, details of the training
domain.safetensors  what its training posts were like, if they were enough to say
towers/<name>/      what rebuilds each tower without its weights
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, PositiveFloat
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from rumorscope.config import Settings
from rumorscope.detectors import Detector, detector_class
from rumorscope.encoders._interface import COMPACT
from rumorscope.encoders.compact import COMPACT_FOLDER
from rumorscope.encoders.sources import SavedTowers, save_towers
from rumorscope.errors import CheckpointError, InputError
from rumorscope.training.calibration import Calibration, Isotonic
from rumorscope.training.domain import Domain, load_domain, save_domain
from rumorscope.training.files import written_whole

__all__ = ["FORMAT", "Calibration", "Checkpoint", "load_checkpoint", "resolve_checkpoint", "save_checkpoint"]

FORMAT = 1
"""The version of the layout above; a checkpoint of another version is refused."""

WEIGHTS, RECORD, TOWERS = "model.safetensors", "checkpoint.json", "towers"
DOMAIN = "domain.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A detector that was loaded: in evaluation mode, on the device that was asked for."""

    detector: Detector
    name: str
    config: Settings
    calibration: Calibration
    details: dict[str, Any]
    hash: str  # first 16 hexadecimal digits of the SHA-256 over weights, record and domain
    folder: Path
    domain: Domain | None = None


class _Calibration(Settings):
    temperature: PositiveFloat = 1.0
    threshold: float = Field(default=0.5, ge=0, le=1)
    uncertain: float = Field(default=0.0, ge=0, le=1)
    uncertain_below: float | None = Field(default=None, ge=0, le=1)
    isotonic: Isotonic | None = None


class _Record(Settings):
    format: int
    detector: str
    config: dict[str, Any]
    calibration: _Calibration = _Calibration()
    details: dict[str, Any] = Field(default_factory=dict)


def save_checkpoint(
    detector: Detector,
    folder: Path,
    *,
    name: str,
    config: Settings,
    details: dict[str, Any],
    calibration: Calibration | None = None,
    domain: Domain | None = None,
) -> None:
    """Write `folder`, replacing what is there; a failure in between leaves what was there before."""
    record = _Record(
        format=FORMAT,
        detector=name,
        config=config.model_dump(mode="json"),
        calibration=_Calibration(**asdict(calibration or Calibration())),
        details=details,
    )
    with written_whole(folder) as partial:
        save_towers(detector, partial / TOWERS)
        save_file(_own_storage(detector.state_dict()), partial / WEIGHTS)
        if domain is not None:
            save_domain(domain, partial / DOMAIN)
        _write_record(record, partial)


def save_calibration(
    checkpoint: Path, calibration: Calibration, how: dict[str, Any], *, to: Path | None = None
) -> None:
    """Replace a checkpoint's calibration, or that of a copy in `to`; the weights' file stays as it is.

    `how` it was chosen joins the details as "calibrated".
    """
    record = _read_record(checkpoint)
    changed = record.model_copy(
        update={
            "calibration": _Calibration(**asdict(calibration)),
            "details": {**record.details, "calibrated": how},
        }
    )
    with written_whole(to or checkpoint) as partial:
        shutil.copytree(checkpoint, partial, dirs_exist_ok=True)
        _write_record(changed, partial)


def _write_record(record: _Record, folder: Path) -> None:
    text = json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def load_checkpoint(folder: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Rebuild a detector with its weights, offline.

    Raises CheckpointError where the folder is no checkpoint, is cut off, comes from another version of the
    format, or its weights do not fit the detector that it names.
    """
    record = _read_record(folder)
    try:
        kind = detector_class(record.detector)
        config = kind.Config.parse(record.config, where=f"{folder / RECORD}, config")
        detector = kind(config, SavedTowers(folder / TOWERS))
    except InputError as error:
        raise CheckpointError(f"the checkpoint {folder} cannot be rebuilt: {error}") from error
    _load_weights(detector, folder / WEIGHTS)
    return Checkpoint(
        detector=detector.to(device).eval(),
        name=record.detector,
        config=config,
        calibration=Calibration(**dict(record.calibration)),
        details=record.details,
        hash=checkpoint_hash(folder),
        folder=folder,
        domain=load_domain(folder / DOMAIN) if (folder / DOMAIN).is_file() else None,
    )


def begin_with(detector: Detector, name: str, folder: Path) -> None:
    """Give a detector those weights of another checkpoint that it has too; its others stay as they are.

    Raises CheckpointError where the checkpoint is of another detector, is damaged, or has none that fits.
    """
    record = _read_record(folder)
    if record.detector != name:
        raise CheckpointError(
            f"{folder} is of the detector '{record.detector}'; '{name}' begins with weights of its own kind"
        )
    own = detector.state_dict()
    fitting = {
        key: tensor
        for key, tensor in _read_weights(folder / WEIGHTS).items()
        if key in own and own[key].shape == tensor.shape
    }
    if not fitting:
        raise CheckpointError(f"{folder / WEIGHTS} holds no weight that fits; use towers of the same kind")
    detector.load_state_dict(fitting, strict=False)


def resolve_checkpoint(run: str | Path) -> Path:
    """The checkpoint folder that a user means: a run's folder, a checkpoint's folder, or "compact".

    Raises InputError where there is none.
    """
    folder = COMPACT_FOLDER if str(run) == COMPACT else Path(run)
    for candidate in (folder, folder / "checkpoint"):
        if (candidate / RECORD).is_file():
            return candidate
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name a run, a checkpoint, or 'compact'")
    state = "its training has not finished" if (folder / "config.json").is_file() else f"it has no {RECORD}"
    raise InputError(f"{folder} holds no checkpoint: {state}; name a run of `rumorscope train` or 'compact'")


def _own_storage(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Safetensors refuses tensors that share memory, as tied weights do."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}


def _read_record(folder: Path) -> _Record:
    missing = [name for name in (RECORD, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{folder} is no checkpoint: {' and '.join(missing)} missing; "
            "only safetensors with a checkpoint.json are read, pickles never"
        )
    try:
        values = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError
        raise CheckpointError(f"{folder / RECORD} is not valid JSON, perhaps cut off: {error}") from error
    version = values.get("format") if isinstance(values, dict) else None
    if version != FORMAT:
        raise CheckpointError(
            f"{folder} has checkpoint format {version!r}, this version of rumorscope reads {FORMAT}; "
            "train it again, or install the version that wrote it"
        )
    try:
        return _Record.parse(values, where=str(folder / RECORD))
    except InputError as error:
        raise CheckpointError(str(error)) from error


def _load_weights(detector: Detector, path: Path) -> None:
    """Copy the file's tensors in; halves become the detector's own precision."""
    state = _read_weights(path)
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    detector.grow_to(found)
    expected = {name: tuple(tensor.shape) for name, tensor in detector.state_dict().items()}
    problems = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    problems += [f"{name} is unknown" for name in sorted(found.keys() - expected.keys())]
    problems += [
        f"{name} has shape {found[name]}, not {expected[name]}"
        for name in sorted(expected.keys() & found.keys())
        if expected[name] != found[name]
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise CheckpointError(f"{path} does not fit the detector: {'; '.join(problems[:3])}{more}")
    detector.load_state_dict(state)


def _read_weights(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is cut off or no safetensors file: {error}") from error


def checkpoint_hash(folder: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 over weights, record and domain."""
    digest = hashlib.sha256()
    for name in filter(lambda name: (folder / name).is_file(), (WEIGHTS, RECORD, DOMAIN)):
        with (folder / name).open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    return digest.hexdigest()[:16]
