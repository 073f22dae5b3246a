"""Whether a surface (`surfaces.py`) gives the label away: a plain classifier reads it, scored on new items.

It learns from the training items and is scored on those of test that no training post has. Where these are
too few, it is cross-validated on all items, near-duplicate pictures kept on one side. A surface is said to
tell only where the ranking (AUC) is surely better than chance: by its lower bound over bootstrap resamples,
at 5% for all surfaces together. **N** items.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from rumorscope.evaluation.audit.lookups import majority_class
from rumorscope.evaluation.audit.record import Trace
from rumorscope.evaluation.audit.surfaces import SURFACES, Surface
from rumorscope.evaluation.bootstrap import MOST_UNDEFINED, resample_weights
from rumorscope.evaluation.clusters import FEW
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.evaluation.resampled import measure_resampled
from rumorscope.post import Post

FEWEST_OF_A_CLASS = 10
FOLDS = 5
RESAMPLES = 1000
_OVERLAP = math.sqrt(1 + FOLDS / (FOLDS - 1))
"""How much wider an interval is over folds, whose training items overlap (Nadeau and Bengio 2003)."""
_LEVEL = 0.05 / SURFACES  # of one surface among all, by Bonferroni


def trace(
    surface: Surface, posts: Sequence[Post], splits: Sequence[str | None], clusters: Integers
) -> Trace | None:
    """What a surface tells; None where its items are too few, or too few of one class, to say.

    `clusters` has the number of the set of tied posts that each post is in.
    """
    labels = np.array(
        [_label(owners, posts) for owners in surface.owners]
    )  # (N,) NaN: none, or as many of each
    parts = np.array([_part(owners, splits) for owners in surface.owners])
    tied = clusters[[owners[0] for owners in surface.owners]]
    items = np.array(surface.items, dtype=object)
    known = ~np.isnan(labels)
    train, test = (np.flatnonzero(known & (parts == part)) for part in ("train", "test"))
    if _enough(labels[train], tied[train]) and _enough(labels[test], tied[test]):
        model = _model(surface).fit(items[train], labels[train])
        constant = majority_class(labels[train].astype(np.int64))
        scores = _rumor(model, items[test])
        return _judge(surface.name, "train to test", labels[test], scores, tied[test], constant)
    everyone = np.flatnonzero(known)
    if not _enough(labels[everyone], tied[everyone]):
        return None
    return _cross_validate(surface, items[everyone], labels[everyone], tied[everyone])


def _cross_validate(surface: Surface, items: np.ndarray, labels: Floats, tied: Integers) -> Trace | None:
    scores = np.empty(len(items))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(items, labels, tied):
        if len(np.unique(labels[train])) < 2:  # one set of tied items holds nearly all of a class
            return None
        scores[test] = _rumor(_model(surface).fit(items[train], labels[train]), items[test])
    constant = majority_class(labels.astype(np.int64))
    return _judge(surface.name, "cross-validated", labels, scores, tied, constant)


def _judge(
    name: str,
    how: Literal["train to test", "cross-validated"],
    labels: Floats,
    scores: Floats,
    tied: Integers,
    constant: int,
) -> Trace:
    auc = float(roc_auc_score(labels, scores))
    lowest = _lowest_auc(labels.astype(np.int64), scores, np.unique(tied, return_inverse=True)[1])
    if how == "cross-validated" and lowest is not None:
        lowest = auc - _OVERLAP * (auc - lowest)
    return Trace(
        name,
        how,
        items=len(labels),
        accuracy=float(np.mean((scores >= 0.5) == labels)),
        majority_accuracy=float(np.mean(labels == constant)),
        auc=auc,
        lowest_auc=lowest,
        tells=lowest is not None and lowest > 0.5,
    )


def _lowest_auc(labels: Integers, scores: Floats, tied: Integers) -> float | None:
    values = np.concatenate(
        [
            measure_resampled(labels, scores, weights)["auc"]
            for weights in resample_weights(tied, RESAMPLES, 0)
        ]
    )
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values):
        return None
    return float(np.quantile(defined, _LEVEL))


def _enough(labels: Floats, tied: Integers) -> bool:
    fewest = min(int((labels == 1).sum()), int((labels == 0).sum()))
    return fewest >= FEWEST_OF_A_CLASS and len(np.unique(tied)) >= FEW


def _label(owners: Sequence[int], posts: Sequence[Post]) -> float:
    labels = [posts[row].label for row in owners]
    share = np.mean([float(label) for label in labels if label is not None] or [0.5])
    return float("nan") if share == 0.5 else float(share > 0.5)


def _part(owners: Sequence[int], splits: Sequence[str | None]) -> str | None:
    """Train where any post of it is, so that test keeps only what is new there."""
    found = {splits[row] for row in owners}
    return next((part for part in ("train", "validation", "test") if part in found), None)


def _model(surface: Surface) -> Pipeline:
    if surface.read == "marks":
        vectorizer = CountVectorizer(analyzer=str.split, binary=True)
    else:  # "char_wb" marks the beginning and the end, so that a common prefix counts
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), lowercase=False)
    return make_pipeline(vectorizer, LogisticRegression(solver="liblinear"))


def _rumor(model: Pipeline, items: np.ndarray) -> Floats:
    return np.asarray(model.predict_proba(items)[:, 1], dtype=np.float64)
