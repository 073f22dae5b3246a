"""What SpotFake alone promises; the rest is the contract's."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.spotfake import SpotFake, SpotFakeConfig
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> SpotFake:
    found = Case(SpotFake, tiny_clip(tmp_path_factory.mktemp("clip"))).build()
    assert isinstance(found, SpotFake)
    return found


def test_is_what_the_equations_say_written_out(detector: SpotFake) -> None:
    post = tiny_posts()[0]
    batch = detector.preprocess([post])
    with torch.no_grad():
        output = detector(batch)
        summaries = (
            (detector.of_text, detector.text(batch.token_ids, batch.token_mask).pooled[0]),
            (detector.of_image, detector.image(batch.pixels).pooled[0]),
        )
        sides = []
        for layers, summary in summaries:
            hidden, out = layers[0][0], layers[1]
            inner = (hidden.weight @ summary + hidden.bias).clamp(min=0)
            sides.append((out.weight @ inner + out.bias).clamp(min=0))
        fused = (detector.fusion[0].weight @ torch.cat(sides) + detector.fusion[0].bias).clamp(min=0)
        logit = detector.judgment.weight[0] @ fused + detector.judgment.bias[0]
    torch.testing.assert_close(output.features[0], torch.cat(sides), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(output.logits[0], logit, rtol=1e-4, atol=1e-5)


def test_each_modality_fills_its_own_half(detector: SpotFake) -> None:
    post = tiny_posts()[0]
    other_text, other_picture = replace(post, text="calm park"), replace(post, images=tiny_posts()[3].images)
    with torch.no_grad():
        features = detector(detector.preprocess([post, other_text, other_picture])).features
    text, image = features.split(SpotFakeConfig().representation_width, dim=1)
    torch.testing.assert_close(image[1], image[0])
    torch.testing.assert_close(text[2], text[0])
    assert not torch.allclose(text[1], text[0])
    assert not torch.allclose(image[2], image[0])


def test_towers_are_frozen_by_default(detector: SpotFake) -> None:
    (stage,) = detector.stages()
    (group,) = stage.groups
    trained = {id(parameter) for parameter in group.parameters}
    rest = {name.split(".")[0] for name, p in detector.named_parameters() if id(p) not in trained}
    assert rest == {"text", "image"}
