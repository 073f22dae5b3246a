from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rumorscope.evaluation.experiments.keys import cell_key
from rumorscope.knowledge.building import build_store
from rumorscope.training.config import RunConfig
from tiny import tiny_bert


def run(**changes: Any) -> RunConfig:
    return RunConfig.parse({"detector": {"name": "micc"}} | changes)


def key(config: RunConfig, data: str = "d", captions: str = "c") -> str:
    return cell_key(config, [data], [captions])


def test_what_decides_the_outcome_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        key(run()),
        key(run(detector={"name": "micc", "top_k": 3})),
        key(run(training={"seed": 1})),
        key(run(data={"hold_out": {"by": "image"}})),
        key(run(), data="other"),
        key(run(), captions="other"),
        cell_key(run(), ["d", "c"], []),
    ]
    monkeypatch.setattr("rumorscope.evaluation.experiments.keys.CELL_FORMAT", 99)
    keys.append(key(run()))
    assert len(set(keys)) == len(keys)


def test_what_does_not_decide_it_leaves_the_key() -> None:
    same = [
        run(),
        run(detector={"name": "micc", "top_k": 2}),  # the default, written out
        run(data={"folders": ["elsewhere"], "captions": ["there"], "split": "s.json", "fold": "1"}),
        run(training={"workers": 2, "save_seconds": 1}),
    ]
    assert len({key(config) for config in same}) == 1


def test_a_tower_counts_by_its_content(tmp_path: Path) -> None:
    def of(model: str) -> str:
        return key(run(detector={"name": "micc", "text": {"model": model}}))

    first, second = tiny_bert(tmp_path / "a"), tiny_bert(tmp_path / "b")
    assert of(str(first)) == of(str(second))
    assert len({of(str(first)), of("compact"), of("hub/a"), of("hub/b")}) == 4
    with (second / "config.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert of(str(first)) != of(str(second))


def test_the_forgeries_the_store_and_the_weights_begun_with_decide_too(tmp_path: Path) -> None:
    kecl = {"name": "kecl"}
    other = tmp_path / "other.sqlite"
    (tmp_path / "facts.txt").write_text("IsA\tdog\tanimal\n")
    build_store(tmp_path / "facts.txt", other)
    keys = [
        cell_key(run(detector=kecl), ["d"], []),
        cell_key(run(detector=kecl), ["d"], [], ["casia"]),
        cell_key(run(detector=kecl | {"store": str(other)}), ["d"], []),
        key(run()),
        key(run(training={"weights_from": "compact"})),
    ]
    assert len(set(keys)) == len(keys)


def test_where_a_store_lies_does_not_decide(tmp_path: Path, tiny_store: Path) -> None:
    moved = tmp_path / "moved.sqlite"
    moved.write_bytes(tiny_store.read_bytes())
    here, there = run(detector={"name": "kecl"}), run(detector={"name": "kecl", "store": str(moved)})
    assert cell_key(here, ["d"], []) == cell_key(there, ["d"], [])
