"""What frozen towers say of pictures and texts, on disk: computed once, read by every run that comes after.

A folder for each tower holds safetensors files of some items each: written whole, never changed, and mapped
into memory, so that processes at work at the same time share them. A file that does not hold what was written
is dropped, and computed again.

Shapes: **N** items, **L** vectors of one item (tokens of a text, regions of a picture), **D** width.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from torch import Tensor

from rumorscope.data.caching import VARIABLE, cache_folder
from rumorscope.encoders import architecture
from rumorscope.encoders._interface import ImageEncoder, TextEncoder
from rumorscope.errors import InputError
from rumorscope.training.files import write_tensors_whole
from rumorscope.training.objective import Precision, device_of

_ROUNDING = ("torch", "transformers", "pillow")  # another version may round otherwise


class Features(NamedTuple):
    """What a tower says of one text or one picture."""

    vectors: Tensor  # (L, D) its tokens, or its regions
    pooled: Tensor  # (D,)


class FeatureCache:
    """The features of one tower in one precision; each item has a key of 32 bytes, made of its content.

    Raises InputError where the cache folder cannot be written.
    """

    def __init__(self, tower: TextEncoder | ImageEncoder, precision: Precision) -> None:
        self._folder = cache_folder() / "features" / _tower_key(tower, precision)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold off other processes that need this tower, so that none computes what another does."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / "lock")
            lock.acquire()
        except OSError as error:
            raise _unusable(self._folder, error) from error
        with lock:
            lock.release()  # was counted twice
            yield

    def read(self, keys: Collection[bytes]) -> dict[bytes, Features]:
        """The features of those of the keys that are known; to be called while `alone`."""
        wanted, known = set(keys), dict[bytes, Features]()
        for path in sorted(self._folder.glob("*.safetensors")):
            known |= {key: features for key, features in _read(path, wanted).items() if key in wanted}
            wanted -= known.keys()
        return known

    def write(self, features: Mapping[bytes, Features]) -> dict[bytes, Features]:
        """Keep new features, and give them as they are on disk; to be called while `alone`."""
        path = self._folder / f"{hashlib.sha256(b''.join(features)).hexdigest()[:32]}.safetensors"
        tensors = {
            "keys": torch.tensor([list(key) for key in features], dtype=torch.uint8),  # (N, 32)
            "lengths": torch.tensor([len(each.vectors) for each in features.values()]),  # (N,)
            "vectors": torch.cat([each.vectors for each in features.values()]),  # (sum of L, D)
            "pooled": torch.stack([each.pooled for each in features.values()]),  # (N, D)
        }
        try:
            write_tensors_whole(path, tensors, {"checksum": _checksum(tensors)})
        except (OSError, SafetensorError) as error:
            raise _unusable(self._folder, error) from error
        return _read(path, set(features))


def _read(path: Path, wanted: set[bytes]) -> dict[bytes, Features]:
    """All features in a file that holds some of the wanted ones; a damaged file is removed."""
    try:
        with safe_open(path, framework="pt") as file:
            keys = [bytes(key) for key in file.get_tensor("keys").tolist()]
            if wanted.isdisjoint(keys):
                return {}
            tensors = {name: file.get_tensor(name) for name in ("keys", "lengths", "vectors", "pooled")}
            sound = (file.metadata() or {}).get("checksum") == _checksum(tensors)
    except (SafetensorError, OSError):
        sound = False
    if not sound:
        path.unlink(missing_ok=True)
        return {}
    vectors = tensors["vectors"].split(tensors["lengths"].tolist())
    return {key: Features(*each) for key, *each in zip(keys, vectors, tensors["pooled"], strict=True)}


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """Tells a damaged file; nobody is kept from forging one, who could as well change this program."""
    checksum = 0
    for name in sorted(tensors):
        checksum = zlib.crc32(_bytes(tensors[name]), checksum)
    return f"{checksum:08x}"


def _tower_key(tower: TextEncoder | ImageEncoder, precision: Precision) -> str:
    """A key of all that decides a tower's answers: its code, architecture and weights, and the arithmetic."""
    device = device_of(tower).type
    code = (type(tower).__module__, type(tower).__qualname__, *(version(name) for name in _ROUNDING))
    digest = hashlib.sha256(repr((code, precision, device)).encode())
    with TemporaryDirectory() as folder:
        tower.save_architecture(Path(folder) / "tower")
        for path in (Path(folder) / "tower" / name for name in ("config.json", architecture.FILE)):
            digest.update(path.read_bytes() if path.is_file() else b"")
    for name, tensor in [*tower.named_parameters(), *tower.named_buffers()]:
        digest.update(repr((name, tensor.dtype, tensor.shape)).encode())
        digest.update(_bytes(tensor.detach().cpu()))
    return digest.hexdigest()[:32]


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.contiguous().flatten().view(torch.uint8).numpy().data


def _unusable(folder: Path, error: Exception) -> InputError:
    return InputError(
        f"cannot keep the features of frozen towers in {folder}: {error}; "
        f"name a folder that can be written, on a disk with room, in the variable {VARIABLE}"
    )
