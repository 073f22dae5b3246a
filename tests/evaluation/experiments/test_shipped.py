"""Every experiment that is shipped can be read, and holds what its paper's table or figure shows."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from rumorscope.detectors import detector_class, detector_names
from rumorscope.evaluation.experiments.config import (
    DataEntry,
    DetectorEntry,
    ExperimentConfig,
    is_experiment,
    read_experiment,
)
from rumorscope.evaluation.experiments.rows import Row, plan_rows
from rumorscope.training.config import read_run_config

CONFIGS = Path(__file__).parents[3] / "configs"
FOLDER = CONFIGS / "experiments"
SHIPPED = sorted(path for path in CONFIGS.rglob("*.toml") if is_experiment(path))
SAME_TOWERS = {
    "text": {"model": "sentence-transformers/all-MiniLM-L6-v2", "max_tokens": 64},
    "image": {"model": "google/mobilenet_v2_1.0_224", "image_size": 256},
}
VARIANTS = ["full", "ms_alpha", "ms_beta", "a_gamma", "a_delta", "clip", "concate"]


def rows(name: str) -> list[Row]:
    return plan_rows(read_experiment(FOLDER / f"{name}.toml"))


def varied(name: str, key: str) -> list[object]:
    return list(dict.fromkeys(str(row.settings[key]) for row in rows(name)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_is_read_and_its_rows_resolved(path: Path) -> None:
    config = read_experiment(path)
    assert len(config.seeds) == 5
    for row in plan_rows(config):
        for run in row.runs.values():
            run.detector_config()
            assert run.data.folders


def test_table_4_has_the_random_split_and_the_events_apart() -> None:
    config = read_experiment(FOLDER / "micc-table4.toml")
    assert [(entry.protocol, entry.shares) for entry in config.data] == [
        (protocol, pytest.approx((0.8, 0.1, 0.1))) for protocol in ("random", "event", "random")
    ]
    assert rows("micc-table4")[0].name == "MICC"


def test_table_5_has_the_whole_and_all_six_variants() -> None:
    found = rows("micc-table5")
    for data in ("PHEME, random 8:1:1", "Weibo-CED, random 8:1:1"):
        assert [row.runs[data].detector["variant"] for row in found] == VARIANTS


def test_figure_5_has_all_combinations_at_a_size_that_all_divide() -> None:
    pool = (24, 32, 48, 64)
    wanted = [list(fields) for count in range(1, 5) for fields in combinations(pool, count)]
    found = rows("micc-figure5")
    assert [row.settings["detector.image.receptive_fields"] for row in found] == wanted
    for row in found:
        for run in row.runs.values():
            assert all(run.detector["image"]["image_size"] % field == 0 for field in pool)


def test_figures_6_to_8_have_the_published_ranges() -> None:
    assert varied("micc-figure6", "detector.top_k") == [str(k) for k in range(1, 9)]
    assert varied("micc-figure7", "detector.fusion_layers") == [str(layers) for layers in range(2, 7)]
    assert varied("micc-figure7", "detector.fusion_width") == [str(2**power) for power in range(6, 12)]
    weights = [float(str(weight)) for weight in varied("micc-figure8", "detector.relevance_weight")]
    assert weights == pytest.approx([1 - step * 0.05 for step in range(21)])


def test_the_sweep_on_twitter_has_twenty_cells_in_which_only_heads_learn() -> None:
    config = read_experiment(FOLDER / "sweep-twitter.toml")
    found = plan_rows(config)
    assert len(found) * len(config.seeds) == 20
    for row in found:
        [run] = row.runs.values()
        assert run.detector["text_learning_rate"] == run.detector["image_learning_rate"] == 0


def test_the_results_have_every_data_set_and_all_baselines() -> None:
    config = read_experiment(FOLDER / "results.toml")
    assert [entry.protocol for entry in config.data] == [
        "published", "random", "published", "leave_one_event_out", "published", "published",
    ]  # fmt: skip
    found = plan_rows(config)
    assert {detector_class(run.name).__name__ for row in found for run in row.runs.values()} == {
        "Majority", "Lookup", "Tfidf", "Features", "LateFusion", "Micc",
    }  # fmt: skip
    micc = next(row for row in found if row.name == "MICC")
    assert len(micc.runs) == 6


def test_the_comparison_has_every_detector_on_the_same_towers() -> None:
    config = read_experiment(CONFIGS / "compare-twitter.toml")
    assert [(entry.protocol, entry.split) for entry in config.data] == [("published", None)]
    runs = [read_run_config(entry.config, entry.set) for entry in config.detectors]
    assert {run.name for run in runs} == set(detector_names())
    for run in runs:
        # A baseline names the towers that it reads, and has others besides, which are never loaded.
        named = run.resolved().detector if detector_class(run.name).seeded else run.detector
        for tower in SAME_TOWERS.keys() & named.keys():
            assert SAME_TOWERS[tower].items() <= named[tower].items(), run.name


def test_the_comparison_trains_all_on_the_same_posts() -> None:
    """Detectors that learn by gradients teach and validate on the same; a fit needs no validation."""
    rows = plan_rows(read_experiment(CONFIGS / "compare-twitter.toml"))
    of_gradients = [row.runs[data] for row in rows for data in row.runs if row.seeded(data)]
    kept = {(run.data.posts_per_image, run.data.hold_out, run.training.select_by) for run in of_gradients}
    assert len(kept) == 1


def test_the_documentation_is_in_step(tmp_path: Path) -> None:
    """Its example is read, names every key, and its table names every file."""
    text = (CONFIGS.parent / "docs" / "comparing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "experiments").mkdir()
    for name in ("baselines", *(path.name for path in CONFIGS.glob("*.toml"))):
        (tmp_path / name).symlink_to(CONFIGS / name)
    path = tmp_path / "experiments" / "example.toml"
    path.write_text(example, encoding="utf-8")
    assert [row.name for row in plan_rows(read_experiment(path))] == ["TF-IDF", "MICC"]
    for kind in (ExperimentConfig, DataEntry, DetectorEntry):
        assert all(key in example for key in kind.model_fields)
    for shipped in SHIPPED:
        assert f"| `{shipped.relative_to(CONFIGS)}` |" in text
