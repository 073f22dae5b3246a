from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from rumorscope.errors import InputError
from rumorscope.training.feature_cache import FeatureCache, Features
from training.toy import ToyImage, ToyText

KEYS = [bytes([number]) * 32 for number in range(4)]


def features(keys: list[bytes] = KEYS) -> dict[bytes, Features]:
    """Of different lengths."""
    return {key: Features(torch.full((1 + key[0], 3), key[0] / 7), torch.ones(3) * key[0]) for key in keys}


def tower() -> ToyImage:
    torch.manual_seed(0)
    return ToyImage().eval()


def cache() -> FeatureCache:
    return FeatureCache(tower(), "no")


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def equal(found: Mapping[bytes, Features], expected: Mapping[bytes, Features]) -> bool:
    return found.keys() == expected.keys() and all(
        torch.equal(a, b) for key in found for a, b in zip(found[key], expected[key], strict=True)
    )


def test_what_is_written_is_read(feature_cache: Path) -> None:
    with cache().alone():
        assert cache().read(KEYS) == {}
        assert equal(cache().write(features(KEYS[:3])), features(KEYS[:3]))
        assert equal(cache().write(features(KEYS[3:])), features(KEYS[3:]))
        assert equal(cache().read(KEYS), features())
        assert equal(cache().read([KEYS[2], b"?" * 32]), features([KEYS[2]]))
    assert len(files(feature_cache)) == 2
    assert not list(feature_cache.rglob("*.partial"))


def test_half_precision_is_kept() -> None:
    half = {KEYS[1]: Features(torch.randn(2, 3).bfloat16(), torch.randn(3).bfloat16())}
    with cache().alone():
        cache().write(half)
        assert equal(cache().read(KEYS), half)


@pytest.mark.parametrize("damage", ["emptied", "cut", "flipped", "other format"])
def test_a_damaged_file_is_dropped(feature_cache: Path, damage: str) -> None:
    with cache().alone():
        cache().write(features(KEYS[:2]))
        cache().write(features(KEYS[2:]))
        file = files(feature_cache)[0]
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(
            {"emptied": b"", "cut": content[:-4], "flipped": content, "other format": b"PK not safetensors"}[
                damage
            ]
        )
        found = cache().read(KEYS)
        assert len(found) == 2
        assert equal(found, features(sorted(found)))
        assert not file.exists()


def test_each_tower_and_precision_has_its_own(feature_cache: Path) -> None:
    other = tower()
    with torch.no_grad():
        other.patches.weight[0, 0, 0, 0] += 1e-6
    running = tower()
    running.norm.running_mean += 1
    for each in (tower(), other, running, ToyText()):
        for precision in ("no", "bf16"):
            with (kept := FeatureCache(each, precision)).alone():
                assert kept.read(KEYS) == {}
                kept.write(features())
    assert len(files(feature_cache)) == 8


def _compute(folder: str) -> bool:
    os.environ["RUMORSCOPE_CACHE"] = folder
    for _ in range(20):
        with cache().alone():
            known = cache().read(KEYS)
            if not equal(
                known | cache().write(features([k for k in KEYS if k not in known] or KEYS)), features()
            ):
                return False
    return True


def test_processes_at_the_same_time(feature_cache: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_compute, [str(feature_cache)] * 2)) == [True, True]


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RUMORSCOPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="RUMORSCOPE_CACHE"), cache().alone():
        pass
