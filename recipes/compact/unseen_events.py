"""Measure the recipe on events of PHEME that it has not seen: one run an event, each judged on that event.

Prints each event and all posts together, beside TF-IDF with logistic regression under the same protocol.

    python recipes/compact/unseen_events.py data/pheme --runs runs/without
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console

from rumorscope.data.manifest import load_manifest
from rumorscope.data.splitting import make_split
from rumorscope.evaluation.assess import assess
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.openings import open_test
from rumorscope.evaluation.predictions import Predictions, predict
from rumorscope.evaluation.references import answer
from rumorscope.evaluation.tables import comparison_table, event_table
from rumorscope.training.checkpoint import load_checkpoint, resolve_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pheme", type=Path, help="the imported data")
    parser.add_argument("--runs", type=Path, required=True, help="a folder with a run named for each event")
    options = parser.parse_args()

    answers: dict[str, list[np.ndarray]] = {"compact": [], "text: TF-IDF + logistic regression": []}
    judged = []
    manifest = load_manifest(options.pheme)
    plan = make_split(manifest, "leave_one_event_out", ratios=(0.9, 0, 0.1))  # no post is set aside
    for fold in plan.folds:
        checkpoint = load_checkpoint(resolve_checkpoint(options.runs / fold.name))
        divided = plan.apply(manifest, fold.name)
        train, test = divided.split("train"), open_test(checkpoint, divided).posts
        own, plain = answers.values()
        own.append(predict(checkpoint.detector, checkpoint.calibration, test))
        plain.append(answer("tfidf", train, test))
        judged += test
    clusters = cluster_posts(judged, "none")
    assessments = [
        assess(name, Predictions.of(judged, np.concatenate(parts)), clusters)
        for name, parts in answers.items()
    ]
    console = Console()
    console.print(comparison_table(assessments))
    for assessment in assessments:
        console.print(event_table(assessment))


if __name__ == "__main__":
    main()
