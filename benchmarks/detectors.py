"""What every detector is, costs and reaches: the page `docs/detectors.md`, from a finished comparison.

    rumorscope compare configs/compare-twitter.toml
    python benchmarks/detectors.py experiments/compare-twitter --to docs/detectors.md

It reads the comparison's results and the checkpoints of its first seed, and measures their speed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from rumorscope.evaluation.experiments.stored import load_results
from rumorscope.reporting.detector_page import measure_detectors, render_detector_page


def main(words: list[str] | None = None) -> None:
    """Measure every row and write the page."""
    options = _options(words)
    torch.set_num_threads(options.threads)
    results = load_results(options.folder)
    measured = measure_detectors(results, batches=options.batches)
    # Wherever it lies on this machine, what is published names it by the folder's name alone.
    command = f"python benchmarks/detectors.py experiments/{options.folder.name} --to docs/{options.to.name}"
    page = render_detector_page(measured, results, command)
    options.to.write_text(page, encoding="utf-8")
    print(f"{options.to} is written")


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="what `rumorscope compare` wrote")
    parser.add_argument("--to", type=Path, required=True, help="the page")
    parser.add_argument("--batches", type=int, default=2, help="of 32 posts, to measure speed with")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
