"""What is counted, against sums by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Fit, Output, ParameterGroup, Stage
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.evaluation.costs import (
    all_parameters,
    learned_parameters,
    longest_post,
    multiply_adds,
    posts_per_second,
)
from tiny import TEXT_POSITIONS, WIDTH, tiny_bert, tiny_posts
from training.toy import SIDE, toy
from training.toy import WIDTH as TOY_WIDTH

POSTS, PLACES, WIDE = 3, 7, 4


class Around(Detector):
    """Any layer as a detector: it reads (3, 7, 4) numbers, whatever the post says."""

    Config = Settings
    paper = "none"

    def __init__(self, layer: nn.Module, call: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__(None, None)  # type: ignore[arg-type]
        self.layer, self.call = layer, call

    def forward(self, batch: Batch) -> Output:
        answers = self.call(self.layer, torch.ones(POSTS, PLACES, WIDE))
        return Output(answers.flatten()[:POSTS], answers.flatten(1))

    def stages(self) -> Sequence[Stage | Fit]:
        return []


def counted(layer: nn.Module, call: Callable[[nn.Module, Tensor], Tensor]) -> int:
    return multiply_adds(Around(layer, call), None)  # type: ignore[arg-type]


def test_a_linear_layer_multiplies_once_a_weight_and_place() -> None:
    assert counted(nn.Linear(WIDE, 5), lambda layer, x: layer(x)) == POSTS * PLACES * WIDE * 5


def test_a_convolution_multiplies_once_a_weight_and_place() -> None:
    layer = nn.Conv1d(WIDE, 2, 3)
    assert counted(layer, lambda layer, x: layer(x.mT)) == POSTS * (PLACES - 2) * WIDE * 2 * 3


@pytest.mark.parametrize("both_ways", [False, True])
def test_a_recurrent_layer_has_four_gates_for_input_and_memory(both_ways: bool) -> None:
    layer = nn.LSTM(WIDE, 6, batch_first=True, bidirectional=both_ways)
    one_way = POSTS * PLACES * 4 * 6 * (WIDE + 6)
    assert counted(layer, lambda layer, x: layer(x)[0]) == one_way * (2 if both_ways else 1)


def test_attention_multiplies_queries_with_keys_and_weights_with_values() -> None:
    attention = counted(nn.Identity(), lambda _, x: F.scaled_dot_product_attention(x, x, x))
    assert attention == 2 * POSTS * PLACES * PLACES * WIDE
    layer = nn.MultiheadAttention(WIDE, 2, batch_first=True)
    four_projections = 4 * POSTS * PLACES * WIDE * WIDE
    assert counted(layer, lambda layer, x: layer(x, x, x)[0]) == four_projections + attention


def test_a_transformer_is_all_of_these(tmp_path: Path) -> None:
    from transformers import BertModel

    tower = BertModel.from_pretrained(tiny_bert(tmp_path), add_pooling_layer=False)
    ids = torch.ones(POSTS, PLACES, dtype=torch.int64)
    found = counted(tower, lambda tower, _: tower(ids).last_hidden_state)
    a_layer = PLACES * (4 * WIDTH * WIDTH + 2 * WIDTH * 2 * WIDTH) + 2 * PLACES * PLACES * WIDTH
    assert found == POSTS * 2 * a_layer


def test_what_a_longest_post_costs_the_toy() -> None:
    """Its convolution over patches, two heads and a classifier."""
    detector = toy()
    batch = detector.preprocess([longest_post(detector)])
    assert batch.token_mask.all()
    assert batch.token_mask.shape[1] == detector.preprocess.max_tokens < TEXT_POSITIONS
    patches = SIDE * SIDE * 3 * TOY_WIDTH
    assert multiply_adds(detector, batch) == patches + 2 * TOY_WIDTH * TOY_WIDTH + 2 * TOY_WIDTH


def test_counting_leaves_the_backends_as_they_were() -> None:
    before = torch.backends.mha.get_fastpath_enabled(), torch.backends.mkldnn.enabled
    counted(nn.Linear(WIDE, 5), lambda layer, x: layer(x))
    assert (torch.backends.mha.get_fastpath_enabled(), torch.backends.mkldnn.enabled) == before


def test_parameters_are_counted_once() -> None:
    detector = toy()
    tower = sum(parameter.numel() for parameter in detector.image.parameters())
    assert learned_parameters(detector.stages()) == all_parameters(detector)  # heads learn in both stages
    assert learned_parameters(toy(image_learning_rate=0).stages()) == all_parameters(detector) - tower
    shared = nn.Linear(3, 2)
    stage = Stage("s", lambda output, batch: {}, [ParameterGroup(list(shared.parameters()), 1.0)], 1, 1)
    assert learned_parameters([stage, stage, Fit("fit", lambda batches: None)]) == 8


def test_speed_is_posts_by_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rounds take 9, 2, 1 and 4 seconds: the first is not counted, and the median is 2."""
    detector = toy()
    batch = detector.preprocess(tiny_posts())
    clock = iter([0.0, 9.0, 10.0, 12.0, 20.0, 21.0, 30.0, 34.0])
    monkeypatch.setattr("rumorscope.evaluation.costs.time.perf_counter", lambda: next(clock))
    assert posts_per_second(detector, [batch, batch]) == 16 / 2


def test_speed_needs_posts() -> None:
    with pytest.raises(InputError, match="no post"):
        posts_per_second(toy(), [])
