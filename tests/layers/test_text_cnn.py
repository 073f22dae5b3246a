from __future__ import annotations

import pytest
import torch

from rumorscope.layers.text_cnn import TextCnn


@pytest.fixture
def text_cnn() -> TextCnn:
    torch.manual_seed(0)
    return TextCnn(4, channels=3, windows=(1, 2, 5))


def test_agrees_with_a_slow_loop(text_cnn: TextCnn) -> None:
    tokens = torch.randn(1, 6, 4)
    expected = []
    for place in range(6):
        found = []
        for window, convolution in zip((1, 2, 5), text_cnn.convolutions, strict=True):
            total = convolution.bias.clone()
            for offset in range(window):
                at = place + offset - (window - 1) // 2
                if 0 <= at < 6:
                    total = total + convolution.weight[:, :, offset] @ tokens[0, at]
            found.append(total.clamp(min=0))
        expected.append(torch.cat(found))
    fragments = text_cnn.fragments(tokens, torch.ones(1, 6).bool())
    torch.testing.assert_close(fragments[0], torch.stack(expected), rtol=1e-4, atol=1e-5)
    best = text_cnn(tokens, torch.ones(1, 6).bool())
    torch.testing.assert_close(best[0], torch.stack(expected).amax(dim=0), rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(text_cnn: TextCnn) -> None:
    tokens, mask = torch.randn(2, 3, 4), torch.ones(2, 3).bool()
    noise = torch.full((2, 4, 4), 100.0)
    padded, padded_mask = torch.cat([tokens, noise], 1), torch.cat([mask, torch.zeros(2, 4).bool()], 1)
    torch.testing.assert_close(text_cnn(padded, padded_mask), text_cnn(tokens, mask))
    fragments = text_cnn.fragments(padded, padded_mask)
    torch.testing.assert_close(fragments[:, :3], text_cnn.fragments(tokens, mask))
    assert not fragments[:, 3:].any()


def test_a_text_shorter_than_every_window_is_read() -> None:
    torch.manual_seed(1)
    long = TextCnn(4, channels=8, windows=(8,))
    assert long(torch.randn(1, 1, 4), torch.ones(1, 1).bool()).any()
