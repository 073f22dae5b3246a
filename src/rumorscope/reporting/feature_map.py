"""The fused features of the test posts in the plane (t-SNE; van der Maaten and Hinton 2008).

Neighbours in the plane are neighbours in the features; distances between groups and their sizes mean nothing.
**N** posts, **D** width.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from markupsafe import escape
from safetensors.numpy import load_file
from sklearn.manifold import TSNE

from rumorscope.evaluation.experiments.results import CellResult, Results
from rumorscope.evaluation.metrics import Floats
from rumorscope.reporting.drawing import WIDTH, Figure

MOST_POSTS = 400  # drawn: more take long, and hide one another
_FEWEST_POSTS = 10
_PERPLEXITY = 30.0
_MARGIN = 8  # SVG units around the points


def feature_figures(name: str, results: Results, data: str) -> list[Figure]:
    """A map for each row that left its features: the first seed, and of several folds the first."""
    figures = []
    for number, row in enumerate(results.judged_rows(data)):
        with_features = [result for result in results.of(row, data) if result.features is not None]
        if with_features and (figure := _figure(f"{name}-features-{number}", with_features[0])):
            figures.append(figure)
    return figures


def project(features: Floats) -> Floats:
    """(N, D) features as (N, 2) places, the same for the same features."""
    spread = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", max_iter=500, random_state=0, n_jobs=1)
    return np.asarray(tsne.fit_transform(standard), dtype=np.float64)


def _figure(name: str, result: CellResult) -> Figure | None:
    predictions, thresholds = result.predictions, result.thresholds
    if predictions is None or thresholds is None or result.features is None:
        return None
    features = _read(result.features)
    if (
        len(features) != len(predictions.ids)
        or len(features) < _FEWEST_POSTS
        or not np.isfinite(features).all()
    ):
        return None
    chosen = np.sort(np.random.default_rng(0).permutation(len(features))[:MOST_POSTS])
    places = _scaled(project(features[chosen]))
    rumor = predictions.labels[chosen] == 1
    right = rumor == (predictions.probabilities >= thresholds)[chosen]
    title = result.cell.row + (f", {result.cell.fold}" if result.cell.fold else "")
    label = (
        f"t-SNE map of the fused features of {len(chosen)} test posts by {title}: "
        f"{(rumor & right).sum()} rumors found, {(rumor & ~right).sum()} missed, "
        f"{(~rumor & right).sum()} non-rumors left alone, {(~rumor & ~right).sum()} called rumors."
    )
    marks = "".join(
        _marks(kind, places[inside & (right == correct)], correct=correct)
        for kind, inside in (("non-rumor", ~rumor), ("rumor", rumor))
        for correct in (True, False)
    )
    view = f'viewBox="0 0 {WIDTH} {WIDTH}" role="img" aria-label="{escape(label)}"'
    return Figure(name, title, label, f'<svg class="figure map" {view}>{marks}</svg>')


def _read(path: Path) -> Floats:
    return np.asarray(load_file(path)["features"], dtype=np.float64)


def _scaled(places: Floats) -> Floats:
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray(
        _MARGIN + (places - low) / np.where(high > low, high - low, 1.0) * (WIDTH - 2 * _MARGIN)
    )


def _marks(kind: str, places: Floats, *, correct: bool) -> str:
    """A dot for each right answer (a line without length, with round ends), a cross for each wrong one."""
    mark, name = ("h0", "right") if correct else ("m-2.5-2.5l5 5m0-5l-5 5", "wrong")
    path = "".join(f"M{x:.0f} {y:.0f}{mark}" for x, y in places)
    return f'<path class="mark {kind} {name}" d="{path}"/>'
