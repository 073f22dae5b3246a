from __future__ import annotations

import numpy as np
import pytest

from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.pooled import Pooled


def _pooled(ids: str, clusters: list[int]) -> Pooled:
    probabilities = np.array([[ord(name) / 200 for name in ids]])
    labels = np.array([ord(name) % 2 for name in ids])
    index = np.array(clusters)
    return Pooled(
        tuple(ids), labels, probabilities, probabilities >= 0.5, tuple(ids), Clusters("image", index)
    )


def test_sorting_by_id_forgets_the_order_and_keeps_the_clusters() -> None:
    one, other = _pooled("dacb", [0, 1, 1, 0]).by_id(), _pooled("bcad", [1, 0, 0, 1]).by_id()
    assert one.ids == other.ids == one.events == ("a", "b", "c", "d")
    assert one.clusters.index.tolist() == other.clusters.index.tolist() == [0, 1, 0, 1]
    assert one.labels.tolist() == [1, 0, 1, 0]
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    np.testing.assert_array_equal(one.called, other.called)


def test_refuses_answers_that_do_not_fit_the_posts() -> None:
    good = _pooled("ab", [0, 1])
    with pytest.raises(ValueError, match="one row a seed"):
        Pooled(("a",), good.labels, good.probabilities, good.called, good.events, good.clusters)
