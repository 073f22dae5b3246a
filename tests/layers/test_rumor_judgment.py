from __future__ import annotations

import pytest
import torch

from rumorscope.layers.rumor_judgment import RumorJudgment


def test_hidden_form_is_linear_norm_relu_linear() -> None:
    judgment = RumorJudgment(2, hidden=2).eval()
    with torch.no_grad():
        judgment.hidden.weight.copy_(torch.eye(2))
        judgment.hidden.bias.zero_()
        judgment.out.weight.copy_(torch.tensor([[3.0, 5.0]]))
        judgment.out.bias.fill_(0.5)
    # LayerNorm of two numbers is (-1, 1) or (1, -1); ReLU keeps the 1
    assert judgment(torch.tensor([[1.0, 9.0], [9.0, 1.0]])).tolist() == pytest.approx([5.5, 3.5], abs=1e-4)


def test_layer_norm_of_the_single_output_would_be_a_constant() -> None:
    """Why eq. 29 cannot stand as a LayerNorm."""
    assert (torch.nn.LayerNorm(1)(torch.randn(8, 1)) == 0).all()


def test_literal_form_normalises_the_output_over_the_batch_in_training() -> None:
    torch.manual_seed(0)
    logits = RumorJudgment(4, hidden=8, norm="output").train()(torch.randn(64, 4))
    assert logits.mean().item() == pytest.approx(0, abs=1e-5)
    assert logits.std(unbiased=False).item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("norm", ["hidden", "output"])
def test_an_answer_does_not_depend_on_batch_mates(norm: str) -> None:
    torch.manual_seed(0)
    judgment = RumorJudgment(4, hidden=8, norm=norm, dropout=0.5)  # type: ignore[arg-type]
    judgment.train()(torch.randn(16, 4))  # moves running statistics
    judgment.eval()
    features = torch.randn(6, 4)
    torch.testing.assert_close(judgment(features)[2:3], judgment(features[2:3]))


def test_literal_form_trains_on_a_single_post() -> None:
    judgment = RumorJudgment(4, hidden=8, norm="output").train()
    judgment(torch.randn(1, 4)).sum().backward()
    assert judgment.hidden.weight.grad is not None
    assert judgment.hidden.weight.grad.abs().sum() > 0


def test_dropout_works_in_training_only() -> None:
    torch.manual_seed(0)
    judgment, features = RumorJudgment(4, hidden=64, dropout=0.5), torch.randn(1, 4)
    assert judgment.train()(features) != judgment(features)
    assert judgment.eval()(features) == judgment(features)
