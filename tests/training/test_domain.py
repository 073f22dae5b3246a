from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from rumorscope.errors import CheckpointError
from rumorscope.training.domain import (
    FEWEST,
    KEPT,
    KEPT_NUMBERS,
    Domain,
    fit_domain,
    kept_posts,
    load_domain,
    save_domain,
)


def _cloud(posts: int, seed: int, centre: float = 0.0, width: int = 16) -> Tensor:
    """Features around one direction, which `centre` turns."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.zeros(width)
    direction[0], direction[1] = 1.0, centre
    return direction + 0.2 * torch.randn(posts, width, generator=generator)


def test_known_distances() -> None:
    domain = Domain(torch.eye(2), 0.9, 100)  # two neighbours at right angles, whatever five would say
    features = torch.tensor([[3.0, 0.0], [1.0, 1.0], [-1.0, -1.0]])
    assert domain.distance(features).tolist() == pytest.approx([0.5, 1 - 0.5**0.5, 1 + 0.5**0.5])
    assert [warning is not None for warning in domain.warnings(features)] == [False, False, True]


def test_agrees_with_scikit_learn() -> None:
    from sklearn.neighbors import NearestNeighbors

    train, asked = _cloud(200, 0), _cloud(30, 1, centre=1.0)
    domain = fit_domain(train, _cloud(60, 2))
    assert domain is not None
    nearest = NearestNeighbors(n_neighbors=5, metric="cosine").fit(train.numpy())
    expected = nearest.kneighbors(asked.numpy())[0].mean(axis=1)
    assert domain.distance(asked).tolist() == pytest.approx(expected.tolist(), abs=1e-3)  # kept as halves


def test_warns_of_one_in_a_hundred_and_of_all_that_differ() -> None:
    domain = fit_domain(_cloud(500, 0), _cloud(2000, 1))
    assert domain is not None
    fresh, other = domain.warnings(_cloud(4000, 2)), domain.warnings(_cloud(200, 3, centre=-8.0))
    assert sum(map(bool, fresh)) / 4000 == pytest.approx(0.01, abs=0.006)
    assert all(other)
    assert "99% of 2000 posts" in str(other[0])


def test_length_says_nothing() -> None:
    domain = fit_domain(_cloud(100, 0), _cloud(100, 1))
    assert domain is not None
    asked = _cloud(10, 2)
    torch.testing.assert_close(domain.distance(asked), domain.distance(7 * asked))


def test_constant_features_never_warn() -> None:
    domain = fit_domain(torch.ones(FEWEST, 1), torch.ones(FEWEST, 1))
    assert domain is not None
    assert domain.warnings(torch.ones(3, 1)) == [None] * 3


def test_too_few_posts_have_no_domain() -> None:
    assert fit_domain(_cloud(FEWEST - 1, 0), _cloud(99, 1)) is None
    assert fit_domain(_cloud(99, 0), _cloud(FEWEST - 1, 1)) is None


def test_keeps_what_there_is_room_for() -> None:
    assert kept_posts(10, 512) == list(range(10))
    assert len(kept_posts(50_000, 512)) == KEPT
    assert len(kept_posts(50_000, KEPT_NUMBERS // 100)) == 100
    assert kept_posts(50_000, 512) == kept_posts(50_000, 512)
    assert max(kept_posts(50_000, 512)) > 40_000


def test_is_the_same_after_a_round_trip(tmp_path: Path) -> None:
    domain = fit_domain(_cloud(100, 0), _cloud(100, 1))
    assert domain is not None
    save_domain(domain, tmp_path / "domain.safetensors")
    again = load_domain(tmp_path / "domain.safetensors")
    assert (again.farthest, again.held_out) == (domain.farthest, 100)
    asked = _cloud(50, 2)
    assert torch.equal(again.distance(asked), domain.distance(asked))


@pytest.mark.parametrize("content", [b"", b"\x80\x04garbage"])
def test_what_is_no_domain_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "domain.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match="no training domain"):
        load_domain(tmp_path / "domain.safetensors")


def test_broken_features_are_refused(tmp_path: Path) -> None:
    save_domain(Domain(torch.full((3, 2), torch.nan), 1.0, 99), tmp_path / "domain.safetensors")
    with pytest.raises(CheckpointError, match="no training domain"):
        load_domain(tmp_path / "domain.safetensors")
