from __future__ import annotations

import torch

from rumorscope.layers.batch_norm import BatchNorm


def test_a_training_batch_comes_out_with_mean_zero_and_variance_one() -> None:
    torch.manual_seed(0)
    normalised = BatchNorm(3).train()(torch.randn(50, 3) * 4 + 2)
    torch.testing.assert_close(normalised.mean(dim=0), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(normalised.var(dim=0, unbiased=False), torch.ones(3), rtol=1e-4, atol=0)


def test_a_single_post_is_measured_by_those_seen_before() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(2).train()
    for _ in range(300):  # the running statistics forget where they began
        norm(torch.tensor([[1.0, 4.0], [3.0, 8.0]]))
    post = torch.tensor([[5.0, 0.0]])
    spread = torch.tensor([2.0, 8.0]).sqrt()  # the unbiased variances are 2 and 8
    expected = (post - torch.tensor([2.0, 6.0])) / spread
    torch.testing.assert_close(norm(post), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(norm.eval()(post), norm.train()(post))
