"""What FND-CLIP alone promises; the rest is the contract's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CLIPModel

from detectors.contract import Case
from rumorscope.detectors.fnd_clip import FndClip, FndClipConfig
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import InputError
from rumorscope.explanation.occlusion import without_text
from tiny import IMAGE_SIZE, PATCH_SIZE, WIDTH, tiny_bert, tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> FndClip:
    detector = Case(FndClip, towers, changes).build()
    assert isinstance(detector, FndClip)
    return detector


def test_the_similarity_of_a_clip_is_its_own(towers: Path) -> None:
    """At CLIP's own picture and patch size, as `transformers` computes it from start to end."""
    own_size = {"image_size": IMAGE_SIZE, "receptive_fields": (PATCH_SIZE,)}
    detector = build(towers, shared_width=WIDTH, contrastive_epochs=0, image=own_size, clip_image=own_size)
    batch = detector.preprocess(tiny_posts()[:2])
    with torch.no_grad():
        output = detector(batch)
        whole = CLIPModel.from_pretrained(towers).eval()(
            input_ids=batch.extras["clip_token_ids"],
            attention_mask=batch.extras["clip_token_mask"].long(),
            pixel_values=detector.clip_image.normalise(batch.pixels),
        )
    cosine = (whole.text_embeds * whole.image_embeds).sum(dim=1)
    torch.testing.assert_close(output.similarity, cosine.sigmoid(), rtol=1e-4, atol=1e-5)


def test_features_are_what_the_equations_say_post_by_post(towers: Path) -> None:
    detector = build(towers)
    with torch.no_grad():
        output = detector(detector.preprocess(tiny_posts()))
        for row in (0, 4, 6):  # one picture, none, two
            batch = detector.preprocess([tiny_posts()[row]])
            text = detector.text(batch.token_ids, batch.token_mask).pooled[0]
            clip_ids, clip_mask = batch.extras["clip_token_ids"], batch.extras["clip_token_mask"]
            t = detector.project_text.weight @ detector.clip_text(clip_ids, clip_mask).pooled[0]
            picture, v = detector.no_picture.vector, detector.no_clip_picture.vector
            if len(batch.pixels):
                picture = detector.image(batch.pixels).pooled.mean(dim=0)
                v = detector.project_image.weight @ detector.clip_image(batch.pixels).pooled.mean(dim=0)
            fit = torch.cosine_similarity(t, v, dim=0).sigmoid() if len(batch.pixels) else 0.5
            features = torch.stack(
                [
                    detector.of_text(torch.cat([text, t])[None])[0],
                    detector.of_image(torch.cat([picture, v])[None])[0],
                    fit * detector.of_both(torch.cat([t, v])[None])[0],
                ]
            )
            expected = detector.attention(features[None])[0] @ features
            torch.testing.assert_close(output.features[row], expected, rtol=1e-4, atol=1e-5)


def test_each_text_tower_reads_by_its_own_tokenizer(towers: Path, tmp_path: Path) -> None:
    config = Case(FndClip, towers).config.model_dump(mode="json")
    config["text"]["model"] = str(tiny_bert(tmp_path))
    detector = FndClip(FndClipConfig.parse(config), PretrainedTowers())
    batch = detector.preprocess(tiny_posts()[:1])
    text = tiny_posts()[0].text
    assert batch.token_ids[0].tolist() == detector.text.tokenizer(text)["input_ids"]
    assert batch.extras["clip_token_ids"][0].tolist() == detector.clip_text.tokenizer(text)["input_ids"]
    assert batch.token_ids.tolist() != batch.extras["clip_token_ids"].tolist()


def test_a_silenced_post_is_silent_to_both_text_towers(towers: Path) -> None:
    detector = build(towers)
    sample = detector.preprocess.prepare(tiny_posts()[0])
    silenced = detector.preprocess.collate([without_text(sample, detector.preprocess)])
    empty = detector.preprocess([replace(tiny_posts()[0], text="")])
    assert torch.equal(silenced.token_ids, empty.token_ids)
    assert torch.equal(silenced.extras["clip_token_ids"], empty.extras["clip_token_ids"])
    assert torch.equal(silenced.pixels, empty.pixels)


def test_training_keeps_the_statistics_of_labelled_posts_with_a_picture(towers: Path) -> None:
    detector = build(towers).train()
    batch = detector.preprocess(tiny_posts())
    output = detector(batch)
    cosine = torch.cosine_similarity(output.clip_text, output.clip_image)[output.has_picture]
    torch.testing.assert_close(detector.similarity.mean, cosine.detach().mean())
    torch.testing.assert_close(detector.similarity.variance, cosine.detach().var())
    detector(detector.preprocess([replace(post, label=None) for post in tiny_posts()]))
    assert detector.similarity.batches == 1


def test_the_pairs_space_is_learned_from_captions_unless_it_is_a_clips_own(towers: Path) -> None:
    def trained(detector: FndClip) -> list[bool]:
        space = {id(detector.project_text.weight), id(detector.project_image.weight)}
        groups = [[id(p) for group in stage.groups for p in group.parameters] for stage in detector.stages()]
        return [bool(space.intersection(parameters)) for parameters in groups]

    assert trained(build(towers)) == [True, False]
    assert trained(build(towers, contrastive_epochs=0)) == [True]
    assert trained(build(towers, contrastive_epochs=0, shared_width=WIDTH)) == [False]


def test_both_image_towers_see_one_picture_size() -> None:
    with pytest.raises(InputError, match=r"image\.image_size=192 but clip_image\.image_size=256"):
        FndClipConfig.parse({"clip_image": {"image_size": 256, "receptive_fields": (32,)}})
