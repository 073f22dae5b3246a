"""The nominal errors are held on simulated data: rows of known skill whose posts, clusters and seeds vary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rumorscope.errors import InputError
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import METRICS, Floats, measure
from rumorscope.evaluation.pooled import Pooled
from rumorscope.evaluation.significance import Difference, differences, estimate, holm, winner

TRIALS, RESAMPLES, POSTS_A_CLUSTER = 400, 200, 5
SKILL, SEED_SPREAD = 1.0, 0.3


def _rows(
    generator: np.random.Generator,
    *,
    skills: Sequence[float] = (SKILL, SKILL),
    seeds: int = 3,
    clusters: int = 30,
    uneven: bool = False,
    by_chance: bool = True,
) -> dict[str, Pooled]:
    """Log-odds towards the truth: the row's skill, its seed's luck, and noise of clusters and posts.

    Part of the noise is shared by all rows, which makes them paired. `by_chance`: seeds differ.
    """
    sizes = np.full(clusters, POSTS_A_CLUSTER)
    if uneven:
        sizes = generator.geometric(1 / POSTS_A_CLUSTER, clusters)
    index = np.repeat(np.arange(clusters), sizes)
    posts = len(index)
    labels = np.repeat(generator.integers(0, 2, clusters), sizes)  # few clusters hold both classes
    labels[:2] = 0, 1

    def noise() -> Floats:
        return np.asarray(generator.normal(size=clusters)[index] + generator.normal(size=posts))

    rows, shared = {}, noise()
    for number, skill in enumerate(skills):
        luck = SEED_SPREAD * generator.normal(size=(seeds, 1)) + 0.5 * generator.normal(size=(seeds, posts))
        margins = skill + shared + noise() + luck * by_chance
        probabilities = 1 / (1 + np.exp(-margins * (2 * labels - 1)))
        rows[f"row {number}"] = Pooled(
            ids=tuple(f"{post:04}" for post in range(posts)),
            labels=labels,
            probabilities=probabilities,
            called=probabilities >= 0.5,
            events=(None,) * posts,
            clusters=Clusters("image", index),
        )
    return rows


def _allowed(level: float = 0.05, trials: int = TRIALS) -> float:
    """The rate that a test which holds `level` exceeds in one of 1000 such simulations."""
    return float(stats.binom.ppf(0.999, trials, level)) / trials


CASES: list[dict[str, Any]] = [
    {"clusters": 30},
    {"clusters": 30, "uneven": True},
    {"clusters": 60, "seeds": 5},
    {"clusters": 30, "seeds": 1, "by_chance": False},
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equal_rows_are_told_apart_as_rarely_as_stated(case: dict[str, Any]) -> None:
    generator = np.random.default_rng(0)
    found = [differences(_rows(generator, **case), resamples=RESAMPLES)[0] for _ in range(TRIALS)]
    p_values = np.array([difference.p_value for difference in found])
    assert np.mean(p_values <= 0.05) <= _allowed()
    assert np.mean(p_values <= 0.5) >= 0.35  # and not by never saying anything


def test_auc_holds_the_level_too() -> None:
    generator = np.random.default_rng(1)
    found = [
        differences(_rows(generator), metric="auc", resamples=RESAMPLES)[0].p_value for _ in range(TRIALS)
    ]
    assert np.mean(np.array(found) <= 0.05) <= _allowed()


def test_five_equal_rows_seldom_yield_any_claim() -> None:
    generator = np.random.default_rng(2)
    any_claim = []
    for _ in range(TRIALS // 2):
        found = differences(_rows(generator, skills=[SKILL] * 5), resamples=RESAMPLES)
        assert len(found) == 10
        any_claim.append(min(difference.adjusted for difference in found) <= 0.05)
    assert np.mean(any_claim) <= _allowed(trials=TRIALS // 2)


def test_a_true_difference_is_found_and_lies_in_the_interval() -> None:
    """The expected accuracies are Φ(skill / sd) of the sum of all noises."""
    generator = np.random.default_rng(3)
    spread = math.sqrt(4 + SEED_SPREAD**2 + 0.25)
    truth = stats.norm.cdf(2.0 / spread) - stats.norm.cdf(0.5 / spread)
    found = [
        differences(_rows(generator, skills=(2.0, 0.5), clusters=60), resamples=RESAMPLES)[0]
        for _ in range(TRIALS // 2)
    ]
    assert np.mean([difference.adjusted <= 0.05 for difference in found]) > 0.9
    assert _covered([(d.interval.low, d.interval.high) for d in found if d.interval], truth) >= 0.91


def test_the_interval_of_a_mean_covers_other_posts_and_other_seeds() -> None:
    generator = np.random.default_rng(4)
    truth = stats.norm.cdf(SKILL / math.sqrt(4 + SEED_SPREAD**2 + 0.25))
    intervals = []
    for _ in range(TRIALS // 2):
        interval = estimate(_rows(generator, skills=[SKILL])["row 0"], resamples=RESAMPLES)[
            "accuracy"
        ].interval
        assert interval is not None
        intervals.append((interval.low, interval.high))
    assert 0.91 <= _covered(intervals, truth) <= 0.99


def _covered(intervals: Sequence[tuple[float, float]], truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


def test_mean_and_deviation_are_over_seeds() -> None:
    row = _rows(np.random.default_rng(5))["row 0"]
    found = estimate(row, resamples=RESAMPLES)
    for metric in METRICS:
        seeds = [measure(row.labels, answers).values[metric] for answers in row.probabilities]
        assert found[metric].mean == pytest.approx(np.mean(seeds), abs=1e-12)
        assert found[metric].seed_deviation == pytest.approx(np.std(seeds, ddof=1), abs=1e-12)
        assert found[metric].seeds == 3
        assert found[metric].reason is None


def test_accuracy_over_single_posts_is_a_paired_t_test() -> None:
    """With one answer a post and a cluster each, the bootstrap variance is the textbook's (to its noise)."""
    rows = _rows(np.random.default_rng(6), seeds=1, clusters=400, by_chance=False)
    alone = {name: replace(row, clusters=Clusters("none", np.arange(2000))) for name, row in rows.items()}
    [found] = differences(alone, resamples=4000)
    a, b = (row.called[0] == (row.labels == 1) for row in alone.values())
    reference = stats.ttest_rel(a.astype(float), b.astype(float))
    assert found.p_value == pytest.approx(reference.pvalue, rel=0.1)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(reference.confidence_interval(0.95).low, abs=1e-3)


def test_two_seeds_alone_are_welch_test() -> None:
    """Where posts cannot vary the answer (all the same), what is left is the test of two means of seeds."""
    index, labels = np.arange(40), np.arange(40) % 2

    def row(*rights: int) -> Pooled:
        """Right on every second post of each class, so that no resample of pairs changes the accuracy."""
        right = np.array([[(post // 2) % 10 < count for post in index] for count in rights])
        called = right == (labels == 1)
        return Pooled(
            tuple(f"{post:02}" for post in index),
            labels,
            called.astype(float),
            called,
            (None,) * 40,
            Clusters("none", np.repeat(np.arange(2), 20)),  # both clusters score alike
        )

    a, b = [9, 8, 9, 7], [6, 5, 7]
    [found] = differences({"a": row(*a), "b": row(*b)}, resamples=RESAMPLES)
    welch = stats.ttest_ind(np.array(a) / 10, np.array(b) / 10, equal_var=False)
    assert found.value == pytest.approx(np.mean(a) / 10 - np.mean(b) / 10)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(welch.confidence_interval(0.95).low)
    assert found.p_value == max(0.5, welch.pvalue)  # two clusters agree by chance every second time


def test_swapping_rows_turns_the_sign_and_nothing_else() -> None:
    rows = _rows(np.random.default_rng(7), skills=(1.0, 1.3, 0.8))
    forth = {(d.a, d.b): d for d in differences(rows, resamples=RESAMPLES)}
    back = {(d.a, d.b): d for d in differences(dict(reversed(rows.items())), resamples=RESAMPLES)}
    for (a, b), there in forth.items():
        here = back[b, a]
        assert here.value == pytest.approx(-there.value)
        assert here.interval is not None
        assert there.interval is not None
        assert here.interval.low == pytest.approx(-there.interval.high)
        assert here.p_value == pytest.approx(there.p_value)
        assert here.adjusted == pytest.approx(there.adjusted)


def test_the_order_of_posts_and_seeds_does_not_matter() -> None:
    rows = _rows(np.random.default_rng(8))
    order = np.random.default_rng(9).permutation(len(rows["row 0"].ids))

    def shuffled(row: Pooled) -> Pooled:
        return Pooled(
            tuple(row.ids[i] for i in order),
            row.labels[order],
            row.probabilities[::-1, order],
            row.called[::-1, order],
            row.events,
            Clusters("image", row.clusters.index[order]),
        )

    [straight] = differences(rows, resamples=RESAMPLES)
    [mixed] = differences({name: shuffled(row) for name, row in rows.items()}, resamples=RESAMPLES)
    assert mixed.value == pytest.approx(straight.value)
    assert mixed.p_value == pytest.approx(straight.p_value)


def test_a_row_does_not_differ_from_itself() -> None:
    row = _rows(np.random.default_rng(10))["row 0"]
    [found] = differences({"one": row, "same": row}, resamples=RESAMPLES)
    assert (found.value, found.p_value, found.adjusted) == (0.0, 1.0, 1.0)


def test_pairs_against_the_first() -> None:
    rows = _rows(np.random.default_rng(11), skills=(1.0, 3.0, 1.0))
    found = differences(rows, pairs="first", resamples=RESAMPLES)
    assert [(d.a, d.b) for d in found] == [("row 1", "row 0"), ("row 2", "row 0")]
    assert found[0].value > 0


def test_a_single_cluster_and_a_single_seed_say_what_they_lack() -> None:
    rows = _rows(np.random.default_rng(12), seeds=1, skills=(3.0, 0.0))
    [found] = differences(rows, resamples=RESAMPLES)
    assert found.note is not None
    assert "one seed" in found.note
    fixed = {name: replace(row, seeded=False) for name, row in rows.items()}
    assert differences(fixed, resamples=RESAMPLES)[0].note is None
    tied = Clusters("event", np.zeros(len(rows["row 0"].ids), dtype=np.int64))
    [found] = differences({n: replace(r, clusters=tied) for n, r in rows.items()}, resamples=RESAMPLES)
    assert (found.interval, found.p_value) == (None, 1.0)
    lone = estimate(replace(rows["row 0"], clusters=tied), resamples=RESAMPLES)["accuracy"]
    assert lone.mean is not None
    assert lone.interval is None
    assert lone.seed_deviation is None
    assert lone.reason is not None
    assert "cluster" in lone.reason


def test_a_metric_that_the_posts_do_not_define() -> None:
    rows = _rows(np.random.default_rng(13))
    ones = {name: replace(row, labels=np.ones_like(row.labels)) for name, row in rows.items()}
    assert differences(ones, metric="auc", resamples=RESAMPLES) == []
    assert estimate(ones["row 0"], resamples=RESAMPLES)["auc"].mean is None
    assert estimate(ones["row 0"], resamples=RESAMPLES)["accuracy"].mean is not None


def test_rows_of_other_posts_are_refused() -> None:
    rows = _rows(np.random.default_rng(14))
    other = replace(rows["row 1"], ids=("elsewhere", *rows["row 1"].ids[1:]))
    with pytest.raises(InputError, match="2 posts such as 0000"):
        differences({"row 0": rows["row 0"], "row 1": other})


def test_holm_published_example() -> None:
    """Four hypotheses of the textbook example (0.01, 0.04, 0.03, 0.005), as R's p.adjust answers."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.5]) == [1.0, 1.0]


def _lead(a: str, b: str, value: float, adjusted: float, metric: str = "accuracy") -> Difference:
    return Difference(a, b, metric, value, None, adjusted, adjusted)


def test_a_winner_beats_every_other_row() -> None:
    names = ["a", "b", "c"]
    clear = [_lead("a", "b", -0.1, 0.01), _lead("a", "c", 0.1, 0.5), _lead("b", "c", 0.2, 0.04)]
    assert winner(names, clear) == "b"
    assert winner(names, [*clear[:2], _lead("b", "c", 0.2, 0.06)]) is None
    assert winner(names, clear[:2]) is None  # b and c were not compared
    assert winner(["a"], []) is None


def test_the_lower_error_wins() -> None:
    assert winner(["a", "b"], [_lead("a", "b", -0.1, 0.01, "brier")]) == "a"
