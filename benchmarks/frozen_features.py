"""How long a run takes whose towers are frozen: asked in every step, with an empty cache, and with a full one.

    python benchmarks/frozen_features.py --data data/twitter --captions data/flickr8k

Then so many cells of a sweep with the full cache, in parallel processes of one thread each. A fresh cache
folder is used, and removed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import torch
from joblib import Parallel, delayed

from rumorscope.training import loop
from rumorscope.training.config import RunConfig, read_run_config
from rumorscope.training.run import train_run

CONFIG = Path(__file__).parents[1] / "configs" / "micc-twitter-mobilenet.toml"


def main() -> None:
    """Print a table in which each way is compared with towers that are asked in every step."""
    options = _options()
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    config = read_run_config(options.config, options.set, folders=options.data, captions=options.captions)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUMORSCOPE_CACHE"] = str(Path(folder) / "cache")
        runs = Path(folder) / "runs"
        times = {} if options.skip_asked else {"towers asked in every step": _asked(config, runs / "asked")}
        times["features kept, empty cache"] = _seconds(config, runs / "cold")
        times["features kept, full cache"] = warm = _seconds(config, runs / "warm")
        size = sum(file.stat().st_size for file in (Path(folder) / "cache").rglob("*.safetensors"))
        start = time.perf_counter()
        Parallel(n_jobs=options.jobs)(
            delayed(_seconds)(_cell(config, cell, options.cells), runs / f"cell-{cell}")
            for cell in range(options.cells)
        )
        sweep = time.perf_counter() - start
    print(f"{'':34}{'seconds':>9}{'times as fast':>16}")
    slowest = max(times.values())
    for name, seconds in times.items():
        print(f"{name:34}{seconds:9.1f}{slowest / seconds:16.1f}")
    label = f"{options.cells} cells, {options.jobs} processes"
    print(f"{label:34}{sweep:9.1f}{slowest * options.cells / sweep:16.1f}")
    print(f"cache: {size / 2**20:.0f} MiB; a cell alone with a full cache: {warm:.1f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=CONFIG, help="a run whose towers are frozen")
    parser.add_argument("--data", type=Path, action="append", default=[], help="instead of the run's folders")
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the run")
    parser.add_argument("--cells", type=int, default=20, help="of the sweep over relevance_weight")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the sweep")
    parser.add_argument("--skip-asked", action="store_true", help="leave out what takes longest")
    return parser.parse_args()


def _seconds(config: RunConfig, folder: Path) -> float:
    torch.set_num_threads(1)
    start = time.perf_counter()
    train_run(config, folder)
    print(f"  {folder.name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return time.perf_counter() - start


def _asked(config: RunConfig, folder: Path) -> float:
    """The time without remembered features."""

    @contextmanager
    def asking(detector, posts, loader, precision, tell):
        yield loader

    remembering, loop.remembered_features = loop.remembered_features, asking
    try:
        return _seconds(config, folder)
    finally:
        loop.remembered_features = remembering


def _cell(config: RunConfig, cell: int, cells: int) -> RunConfig:
    """Figure 8's sweep of 1 - λ."""
    return config.model_copy(update={"detector": config.detector | {"relevance_weight": cell / cells}})


if __name__ == "__main__":
    main()
