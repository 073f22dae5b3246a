from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rumorscope.layers.relationship_attention import RelationshipAttention


@pytest.fixture
def relate() -> RelationshipAttention:
    torch.manual_seed(0)
    return RelationshipAttention(4, heads=1).eval()


def everything(fragments: Tensor) -> Tensor:
    return torch.ones(fragments.shape[:2]).bool()


def gathered(attention: nn.MultiheadAttention, asking: Tensor, asked: Tensor) -> Tensor:
    """What one fragment (D,) gathers of others (N, D), by one head."""
    q_proj, k_proj, v_proj = attention.in_proj_weight.chunk(3)
    q_bias, k_bias, v_bias = attention.in_proj_bias.chunk(3)
    likeness = torch.stack([(q_proj @ asking + q_bias) @ (k_proj @ one + k_bias) / 2 for one in asked])
    values = torch.stack([v_proj @ one + v_bias for one in asked])
    answer: Tensor = attention.out_proj(likeness.softmax(dim=0) @ values)
    return answer


def test_agrees_with_a_slow_loop(relate: RelationshipAttention) -> None:
    text, image = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    answers = relate((text, everything(text)), (image, everything(image)))
    for answer, own, other, side in (
        (answers[0], text, image, relate.first),
        (answers[1], image, text, relate.second),
    ):
        for row, fragment in enumerate(own[0]):
            within = gathered(side.within, fragment, own[0])
            across = gathered(side.across, fragment, other[0])
            related = side.join_norm(fragment + side.join(torch.cat([within, across])))
            expected = side.out_norm(related + side.feed_forward(related))
            torch.testing.assert_close(answer[0, row], expected, rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(relate: RelationshipAttention) -> None:
    text, image, noise = torch.randn(2, 3, 4), torch.randn(2, 2, 4), torch.full((2, 5, 4), 100.0)
    plain = relate((text, everything(text)), (image, everything(image)))
    padding = torch.zeros(2, 5).bool()
    padded = relate(
        (torch.cat([text, noise], 1), torch.cat([everything(text), padding], 1)),
        (torch.cat([image, noise], 1), torch.cat([everything(image), padding], 1)),
    )
    torch.testing.assert_close(padded[0][:, :3], plain[0])
    torch.testing.assert_close(padded[1][:, :2], plain[1])


@pytest.mark.parametrize(("relation", "moves_with"), [("within", "own"), ("across", "other")])
def test_the_relations_are_apart(relate: RelationshipAttention, relation: str, moves_with: str) -> None:
    """With one relation's share of the joining layer alone, a fragment hears that relation alone."""
    with torch.no_grad():
        silenced = slice(4, 8) if relation == "within" else slice(0, 4)
        relate.first.join.weight[:, silenced] = 0
    text, image = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    changed = {"own": text.clone(), "other": image.clone()}
    changed["own"][0, 2] += 1  # another fragment than the one looked at
    changed["other"][0, 1] += 1
    before = relate((text, everything(text)), (image, everything(image)))[0][0, 0]
    for side, (own, other) in {
        "own": (changed["own"], image), "other": (text, changed["other"]),
    }.items():  # fmt: skip
        after = relate((own, everything(own)), (other, everything(other)))[0][0, 0]
        assert torch.equal(after, before) == (side != moves_with)
