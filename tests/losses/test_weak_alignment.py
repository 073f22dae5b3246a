import pytest
import torch
from torch import Tensor

from rumorscope.losses.weak_alignment import reconstruction_error, weak_alignment

ALL = torch.ones(4, dtype=torch.bool)
LABELS = torch.tensor([0.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("errors", "loss"),
    [
        ([0.1, 0.3, 1.0, 1.4], 0.0),  # rumors are worse by 1, more than the margin
        ([0.2, 0.2, 0.7, 0.7], 0.0),  # by the margin itself
        ([0.5, 0.5, 0.5, 0.5], 0.5),  # no difference costs the margin
        ([1.0, 1.0, 0.0, 0.0], 1.5),  # the wrong way round
        ([0.0, 0.4, 0.3, 0.5], 0.3),  # means of 0.2 and 0.4
    ],
)
def test_known_values(errors: list[float], loss: float) -> None:
    found = weak_alignment(torch.tensor(errors), LABELS, ALL, margin=0.5)
    assert found.item() == pytest.approx(loss, abs=1e-6)


def test_a_satisfied_margin_pushes_nothing_and_a_broken_one_pushes_both_ways() -> None:
    kept = torch.tensor([0.0, 0.0, 2.0, 2.0], requires_grad=True)
    weak_alignment(kept, LABELS, ALL).backward()
    assert kept.grad is not None
    assert kept.grad.tolist() == [0, 0, 0, 0]
    broken = torch.tensor([1.0, 1.0, 1.0, 1.0], requires_grad=True)
    weak_alignment(broken, LABELS, ALL).backward()
    assert broken.grad is not None
    assert broken.grad.tolist() == [0.5, 0.5, -0.5, -0.5]  # lower for real posts, higher for rumors


@pytest.mark.parametrize(
    ("labels", "paired"),
    [
        (torch.zeros(4), ALL),
        (torch.ones(4), ALL),
        (torch.full((4,), torch.nan), ALL),
        (LABELS, torch.tensor([True, True, False, False])),  # rumors lack a picture or a text
        (LABELS, ~ALL),
    ],
)
def test_a_single_class_contributes_nothing(labels: Tensor, paired: Tensor) -> None:
    errors = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    loss = weak_alignment(errors, labels, paired)
    loss.backward()
    assert loss == 0
    assert errors.grad is not None
    assert errors.grad.tolist() == [0, 0, 0, 0]


def test_unpaired_and_unlabelled_posts_do_not_count() -> None:
    errors = torch.tensor([0.4, 9.0, 0.6, 9.0])
    labels = torch.tensor([0.0, 0.0, 1.0, torch.nan])
    paired = torch.tensor([True, False, True, True])
    assert weak_alignment(errors, labels, paired, margin=0.5).item() == pytest.approx(0.3, abs=1e-6)


def test_reconstruction_error_is_known_for_equal_orthogonal_and_opposite_features() -> None:
    asked = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    found = torch.tensor([[5.0, 0.0], [0.0, 0.1], [-3.0, 0.0]])
    assert reconstruction_error(found, asked).tolist() == pytest.approx([0.0, 2.0, 4.0], abs=1e-6)


def test_reconstruction_error_is_two_minus_twice_the_cosine() -> None:
    draw = torch.Generator().manual_seed(3)
    first, second = torch.randn(8, 5, generator=draw), torch.randn(8, 5, generator=draw)
    cosine = torch.nn.functional.cosine_similarity(first, second)
    torch.testing.assert_close(reconstruction_error(first, second), 2 - 2 * cosine)
