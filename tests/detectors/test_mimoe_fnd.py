"""What MIMoE-FND alone promises; the rest is the contract's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.mimoe_fnd import MimoeFnd
from rumorscope.layers.interaction import INTERACTIONS
from rumorscope.losses.interaction_routing import interaction_routing
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> MimoeFnd:
    detector = Case(MimoeFnd, towers, changes).build()
    assert isinstance(detector, MimoeFnd)
    return detector


@pytest.mark.parametrize("number", range(len(INTERACTIONS)))
def test_a_post_of_one_interaction_is_fused_by_its_experts_alone(towers: Path, number: int) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts()[:1])
    sure = torch.full((1, 4), -1e4)
    sure[0, number] = 0.0
    detector.gate.forward = lambda *seen: sure  # type: ignore[method-assign]
    for other in set(range(4)) - {number}:
        torch.nn.init.constant_(detector.fusions[other].gate[2].bias, 1e3)  # would be heard
    with torch.no_grad():
        text, image, both, _ = detector._read(batch)
        modalities = torch.stack(
            [
                detector.restyle_image(image, detector.judge_image(image)[1]),
                detector.restyle_text(text, detector.judge_text(text)[1]),
                both,
            ],
            dim=1,
        )
        fused = detector.fusions[number](modalities, torch.ones(1, 3).bool())
        expected = detector.trim(fused.mean(dim=1))
        torch.testing.assert_close(detector(batch).features, expected)


def test_the_gate_is_taught_what_the_modalities_say(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts()[:4])
    with torch.no_grad():
        output = detector(batch)
    axes = torch.eye(4)
    output = replace(
        output,
        text_logits=torch.tensor([5.0, 5.0, 5.0, 5.0]),
        image_logits=torch.tensor([-5.0, -5.0, 5.0, 4.0]),
        clip_text=axes[[0, 0, 0, 0]],
        clip_image=axes[[1, 0, 1, 0]],
    )
    assert detector.interactions(output).tolist() == [0, 1, 2, 3]
    routing = interaction_routing(output.gate, torch.tensor([0, 1, 2, 3]), torch.ones(4).bool())
    torch.testing.assert_close(detector.losses(output, batch)["routing"], 0.7 * routing)


def test_a_post_without_a_picture_teaches_the_gate_nothing(towers: Path) -> None:
    detector = build(towers)
    posts = tiny_posts()
    batch, pictured = detector.preprocess(posts), detector.preprocess([p for p in posts if p.images])
    with torch.no_grad():
        whole = detector.losses(detector(batch), batch)["routing"]
        part = detector.losses(detector(pictured), pictured)["routing"]
    torch.testing.assert_close(whole, part)


def test_either_modality_is_judged_without_the_other(towers: Path) -> None:
    detector = build(towers)
    post = tiny_posts()[0]
    with torch.no_grad():
        whole = detector(detector.preprocess([post]))
        silent = detector(detector.preprocess([replace(post, text="")]))
        blind = detector(detector.preprocess([replace(post, images=())]))
    torch.testing.assert_close(blind.text_logits, whole.text_logits)
    torch.testing.assert_close(silent.image_logits, whole.image_logits)
    assert silent.text_logits != whole.text_logits
    assert blind.image_logits != whole.image_logits


def test_a_judgment_sets_scale_and_shift_of_its_feature(towers: Path) -> None:
    restyle = build(towers).restyle_text
    for layers, constant in ((restyle.scale, 3.0), (restyle.shift, 0.5)):
        torch.nn.init.zeros_(layers[2].weight)
        torch.nn.init.constant_(layers[2].bias, constant)
    torch.manual_seed(0)
    restyled = restyle(torch.randn(4, 32) * 7 + 2, torch.zeros(4))
    torch.testing.assert_close(restyled.mean(dim=1), torch.full((4,), 1.5))
    torch.testing.assert_close(restyled.std(dim=1, unbiased=False), torch.full((4,), 3.0), rtol=1e-4, atol=0)


def test_the_gate_learns_at_its_own_rate(towers: Path) -> None:
    detector = build(towers, image_learning_rate=1e-5)
    contrastive, end_to_end = detector.stages()
    assert [group.learning_rate for group in end_to_end.groups] == [5e-5, 1e-4, 1e-5]
    assert set(map(id, end_to_end.groups[1].parameters)) == set(map(id, detector.gate.parameters()))
    trained = {
        id(p) for stage in (contrastive, end_to_end) for group in stage.groups for p in group.parameters
    }
    rest = {name.split(".")[0] for name, p in detector.named_parameters() if id(p) not in trained}
    assert rest == {"text", "clip_text", "clip_image"}
