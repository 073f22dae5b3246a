"""Every metric against scikit-learn and against torchmetrics on random input: ties, rare classes, thresholds.

The expected calibration error is torchmetrics' "binary" one, but for a probability of exactly 1, which has a
bin of its own there and falls in the last bin here. Scikit-learn has none, and torchmetrics has no Brier
score.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn
from torchmetrics.functional import classification as torchmetrics

from rumorscope.evaluation.bootstrap import resample_weights
from rumorscope.evaluation.metrics import BINS, METRICS, Floats, Integers, measure
from rumorscope.evaluation.resampled import measure_resampled

TOLERANCE = 1e-9
CASES = [(seed, share, ties) for seed in range(10) for share in (0.03, 0.5, 0.9) for ties in (False, True)]


@pytest.fixture(autouse=True)
def _in_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Torchmetrics divides its counts in float32, which alone would cost 1e-7."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _case(seed: int, share: float, ties: bool) -> tuple[Integers, Floats, float]:
    generator = np.random.default_rng(seed)
    posts = int(generator.integers(40, 400))
    labels = (generator.random(posts) < share).astype(np.int64)
    labels[:2] = 0, 1
    probabilities = generator.beta(1 + labels, 2 - labels)
    if ties:
        probabilities = np.round(probabilities * 8) / 8
    return labels, probabilities, float(generator.choice([0.25, 0.5, 0.8]))


def _by_sklearn(labels: Integers, probabilities: Floats, threshold: float) -> dict[str, float]:
    called = probabilities >= threshold
    values = {
        "accuracy": sklearn.accuracy_score(labels, called),
        "auc": sklearn.roc_auc_score(labels, probabilities),
        "average_precision": sklearn.average_precision_score(labels, probabilities),
        "brier": sklearn.brier_score_loss(labels, probabilities),
    }
    for score in ("precision", "recall", "f1"):
        of = getattr(sklearn, f"{score}_score")
        values[f"rumor_{score}"] = of(labels, called, pos_label=1, zero_division=0)
        values[f"non_rumor_{score}"] = of(labels, called, pos_label=0, zero_division=0)
        values[f"macro_{score}"] = of(labels, called, average="macro", zero_division=0)
    return {name: float(value) for name, value in values.items()}


def _by_torchmetrics(labels: Integers, probabilities: Floats, threshold: float) -> dict[str, float]:
    truth, answers = torch.tensor(labels), torch.tensor(probabilities)
    called = (answers >= threshold).long()  # torchmetrics would call a rumor above the threshold only
    values = {
        "accuracy": torchmetrics.binary_accuracy(called, truth),
        "auc": torchmetrics.binary_auroc(answers, truth),
        "average_precision": torchmetrics.binary_average_precision(answers, truth),
    }
    for score, name in (("precision", "precision"), ("recall", "recall"), ("f1", "f1_score")):
        of_both = getattr(torchmetrics, f"multiclass_{name}")(called, truth, num_classes=2, average="none")
        values[f"non_rumor_{score}"], values[f"rumor_{score}"] = of_both
        values[f"macro_{score}"] = getattr(torchmetrics, f"multiclass_{name}")(called, truth, num_classes=2)
    return {name: value.item() for name, value in values.items()}


@pytest.mark.parametrize(("seed", "share", "ties"), CASES)
def test_every_metric_has_a_second_opinion(seed: int, share: float, ties: bool) -> None:
    labels, probabilities, threshold = _case(seed, share, ties)
    ours = measure(labels, probabilities, threshold).values
    one = _by_sklearn(labels, probabilities, threshold)
    other = _by_torchmetrics(labels, probabilities, threshold)
    assert one.keys() == set(METRICS) - {"expected_calibration_error"}
    assert other.keys() == one.keys() - {"brier"}
    for opinion in (one, other):
        assert opinion == pytest.approx({name: ours[name] for name in opinion}, abs=TOLERANCE)


@pytest.mark.parametrize(("seed", "share", "ties"), CASES)
def test_the_fast_definitions_agree_on_resamples(seed: int, share: float, ties: bool) -> None:
    labels, probabilities, threshold = _case(seed, share, ties)
    weights = np.concatenate(list(resample_weights(np.arange(len(labels)) // 2, 3, seed)))
    fast = measure_resampled(labels, probabilities, weights, threshold)
    for row, times in enumerate(weights.astype(int)):
        drawn = np.repeat(np.arange(len(labels)), times)
        if len(np.unique(labels[drawn])) < 2:
            continue
        reference = _by_sklearn(labels[drawn], probabilities[drawn], threshold)
        assert {name: fast[name][row] for name in reference} == pytest.approx(reference, abs=TOLERANCE)


@pytest.mark.parametrize(("seed", "share", "ties"), CASES)
def test_calibration_error_below_one(seed: int, share: float, ties: bool) -> None:
    labels, probabilities, _ = _case(seed, share, ties)
    probabilities = np.minimum(probabilities, 0.99)
    theirs = torchmetrics.binary_calibration_error(
        torch.tensor(probabilities), torch.tensor(labels), n_bins=BINS, norm="l1"
    )
    ours = measure(labels, probabilities).values["expected_calibration_error"]
    assert ours == pytest.approx(theirs.item(), abs=TOLERANCE)
