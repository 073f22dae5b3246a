"""What MICC alone promises; the rest is the contract's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import CHECKS, Case
from rumorscope.detectors._modality_dropout import hide_modalities
from rumorscope.detectors.micc import Micc, MiccConfig, MiccOutput
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.losses.info_nce import info_nce
from rumorscope.losses.maximum_mean_discrepancy import maximum_mean_discrepancy
from tiny import tiny_bert, tiny_clip, tiny_posts, tiny_resnet


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Micc:
    detector = Case(Micc, towers, changes).build()
    assert isinstance(detector, Micc)
    return detector


def answer(detector: Micc, batch: Batch) -> MiccOutput:
    with torch.no_grad():
        return detector(batch)


def test_the_paper_is_followed_step_by_step(towers: Path) -> None:
    """Equations 8 to 30, post by post, in plain loops."""
    detector = build(towers, relevance_weight=0.35)
    batch = detector.preprocess(tiny_posts())
    output = answer(detector, batch)
    with torch.no_grad():
        for row in range(8):
            assert output.logits[row].item() == pytest.approx(slow_logit(detector, batch, row), abs=1e-4)


def slow_logit(detector: Micc, batch: Batch, row: int) -> float:
    mask = batch.token_mask[row]
    tokens = detector.text(batch.token_ids[row : row + 1, : int(mask.sum())], mask[mask].unsqueeze(0)).tokens[
        0
    ]
    text = torch.stack([detector.text_head(token) for token in tokens]).mean(0)
    pictures = [int(index) for index in batch.image_index[row] if index >= 0]
    vectors, scores = [], []
    for scale in range(detector.scales):
        candidates = []
        for picture in pictures:
            regions = detector.image(batch.pixels[picture : picture + 1]).regions[0]
            own = detector.image_head(regions[detector.image.grid.scales == scale])
            candidates += [(float(text @ vector), vector) for vector in own]
        for score, vector in sorted(candidates, key=lambda pair: -pair[0])[: detector.config.top_k]:
            vectors.append(vector)
            scores.append(score)
    image = detector.fusion.no_picture
    if vectors:
        kept, dot = torch.stack(vectors), torch.tensor(scores)
        semantic = detector.fusion.weighing.semantic_score(kept).squeeze(-1)
        standard = [(s - s.mean()) / s.std(unbiased=False) for s in (semantic, dot)]
        image = (0.65 * standard[0] + 0.35 * standard[1]).softmax(0) @ kept
    return float(detector.judgment(torch.cat([text, image]).unsqueeze(0)))


def test_regions_of_all_pictures_of_a_post_compete(towers: Path) -> None:
    detector = build(towers, top_k=3)
    post = tiny_posts()[6]  # two pictures
    output = answer(detector, detector.preprocess([post]))
    fine = detector.region_scales.repeat(2) == 0
    best = output.relevance[0].masked_fill(~fine, -torch.inf).topk(3).indices
    assert output.kept.index[0, :3].tolist() == best.tolist()
    swapped = replace(post, images=post.images[::-1])
    torch.testing.assert_close(answer(detector, detector.preprocess([swapped])).logits, output.logits)


def test_evidence_is_the_computation_itself(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    output = answer(detector, batch)
    evidence = detector.evidence(batch, output)
    assert [len(e.regions) for e in evidence] == [
        4,
        4,
        4,
        4,
        0,
        4,
        4,
        4,
    ]  # K=2 of each scale; post 4: no picture
    for row, of_post in enumerate(evidence):
        assert len(of_post.relevance) == 2 * len(batch.image_sizes[row])
        for region in of_post.regions:
            (values,) = [
                m.values for m in of_post.relevance if (m.image, m.scale) == (region.image, region.scale)
            ]
            column = round(region.box_pixels[0] / 80 * len(values[0]))  # the pictures have 80 x 60 pixels
            line = round(region.box_pixels[1] / 60 * len(values))
            assert values[line][column] == region.relevance
            assert sum(value > region.relevance for m in of_post.relevance if m.scale == region.scale
                       for line_ in m.values for value in line_) < 2  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "regions"), [("ms_alpha", 4), ("a_gamma", 0), ("a_delta", 0), ("concate", 4)]
)
def test_variants_name_the_regions_that_they_rest_on(towers: Path, variant: str, regions: int) -> None:
    detector = build(towers, variant=variant)
    batch = detector.preprocess(tiny_posts()[:1])
    (evidence,) = detector.evidence(batch, answer(detector, batch))
    assert len(evidence.regions) == regions


@pytest.mark.parametrize("variant", ["full", "ms_alpha", "ms_beta", "concate"])
def test_a_post_without_pictures_gives_no_region_weight(towers: Path, variant: str) -> None:
    detector = build(towers, variant=variant)
    weights = answer(detector, detector.preprocess(tiny_posts())).weights
    assert weights.sum(dim=1).tolist() == [pytest.approx(float(row != 4)) for row in range(8)]


def test_hidden_modalities_are_judged_as_if_they_were_not_there(towers: Path) -> None:
    detector = build(towers)
    posts = tiny_posts()
    torch.manual_seed(1)
    hidden = hide_modalities(detector.preprocess(posts), 0.5, detector.empty_text)
    expected = []
    for post, images in zip(posts, hidden.image_index, strict=True):
        lost_images = bool(post.images) and bool((images < 0).all())
        lost_text = bool(post.images) and not lost_images
        expected.append(
            replace(post, text="" if lost_text else post.text, images=() if lost_images else post.images)
        )
    assert {len(post.images) for post in expected} == {0, 1, 2}
    torch.testing.assert_close(
        answer(detector, hidden).logits,
        answer(detector, detector.preprocess(expected)).logits,
        rtol=1e-4,
        atol=1e-5,
    )


def test_only_training_hides(towers: Path) -> None:
    detector = build(towers, modality_dropout=0.5, dropout=0.0)
    batch = detector.preprocess(tiny_posts())
    torch.testing.assert_close(answer(detector, batch).logits, answer(detector, batch).logits, rtol=0, atol=0)
    assert not torch.allclose(answer(detector.train(), batch).logits, answer(detector.eval(), batch).logits)


def test_stage_one_trains_the_heads_and_the_temperature_alone(towers: Path) -> None:
    detector = build(towers)
    stage = detector.stages()[0]
    trained = {id(parameter) for parameter in stage.groups[0].parameters}
    names = {
        name.split(".")[0] for name, parameter in detector.named_parameters() if id(parameter) in trained
    }
    assert names == {"text_head", "image_head", "temperature"}
    assert (stage.name, stage.data, stage.sampling) == ("contrastive", "captions", "one_per_image")
    assert (len(stage.groups), stage.groups[0].learning_rate, stage.batch_size) == (1, 5e-4, 64)


def test_contrastive_loss_takes_each_picture_once_and_no_post_without_one(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess([replace(post, label=None) for post in tiny_posts()])
    output = answer(detector, batch)
    rows = [0, 1, 2, 3, 5, 6]  # 4 has no picture, 7 has that of 0
    expected = info_nce(output.text[rows], output.image[rows], 0.07)
    torch.testing.assert_close(detector.stages()[0].loss(output, batch), {"info_nce": expected})


def test_stage_two_trains_all_at_three_rates(towers: Path) -> None:
    detector = build(towers)
    groups = detector.stages()[-1].groups
    assert [group.learning_rate for group in groups] == [2e-4, 1e-5, 1e-5]
    trained = {id(parameter) for group in groups for parameter in group.parameters}
    rest = {name for name, parameter in detector.named_parameters() if id(parameter) not in trained}
    assert rest == {"temperature.log_excess"}


def test_a_frozen_tower_is_in_no_group(towers: Path) -> None:
    detector = build(towers, text_learning_rate=0, image_learning_rate=0, contrastive_epochs=0)
    (stage,) = detector.stages()
    trained = {id(parameter) for group in stage.groups for parameter in group.parameters}
    assert not any(id(p) in trained for tower in (detector.text, detector.image) for p in tower.parameters())


def test_unlabelled_posts_do_not_count(towers: Path) -> None:
    detector = build(towers)
    posts = tiny_posts()
    unlabelled = [*posts[:4], *(replace(post, label=None) for post in posts[4:])]
    loss = detector.stages()[-1].loss
    some, batch = detector.preprocess(posts[:4]), detector.preprocess(unlabelled)
    torch.testing.assert_close(loss(answer(detector, batch), batch), loss(answer(detector, some), some))


def test_clip_variant_has_one_scale_and_bounded_relevance(towers: Path) -> None:
    with pytest.raises(InputError, match="variant 'clip' is CLIP at its own patch size"):
        MiccConfig.parse({"variant": "clip"})
    detector = build(towers, variant="clip", image={"receptive_fields": (8,)})
    output = answer(detector, detector.preprocess(tiny_posts()))
    assert output.relevance.abs().max() <= 1 + 1e-6
    assert output.relevance.abs().max() > 0


def test_refinement_and_global_alignment_add_nothing_unless_asked(towers: Path) -> None:
    plain, changed = build(towers), build(towers, refinement="dream", global_alignment_weight=0.2)
    added = changed.state_dict().keys() - plain.state_dict().keys()
    assert {name.split(".")[0] for name in added} == {"refinement"}
    batch = plain.preprocess(tiny_posts())
    output = answer(plain, batch)
    for before, after in zip(plain.stages(), changed.stages(), strict=True):
        assert before.loss(output, batch).keys() == after.loss(output, batch).keys() - {
            "maximum_mean_discrepancy"
        }


def test_refinement_comes_before_the_alignment(towers: Path) -> None:
    detector = build(towers, refinement="dream")
    batch = detector.preprocess(tiny_posts()[:1])
    with torch.no_grad():
        aligned = detector.align(batch)
        refined = detector.refinement(detector.image_head(detector.image(batch.pixels).regions))
        torch.testing.assert_close(aligned.regions, refined)
        torch.testing.assert_close(aligned.relevance, (refined @ aligned.text.unsqueeze(-1)).squeeze(-1))


def test_global_alignment_compares_posts_that_have_both(towers: Path) -> None:
    detector = build(towers, global_alignment_weight=0.2)
    batch = detector.preprocess(tiny_posts())
    output = answer(detector, batch)
    rows = [0, 1, 2, 3, 5, 6, 7]  # 4 has no picture
    expected = 0.2 * maximum_mean_discrepancy(output.text[rows], output.image[rows])
    for stage in detector.stages():
        torch.testing.assert_close(stage.loss(output, batch)["maximum_mean_discrepancy"], expected)


def test_literal_form_normalises_the_logits_over_the_training_batch(towers: Path) -> None:
    detector = build(towers, paper_literal=True, modality_dropout=0.0).train()
    logits = answer(detector, detector.preprocess(tiny_posts())).logits
    assert logits.mean().item() == pytest.approx(0, abs=1e-5)
    assert detector.fusion.weighing.mixing == "raw"


@pytest.fixture(scope="module")
def mixed(towers: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("mixed")
    changes = {
        "text": {"model": str(tiny_bert(folder / "bert"))},
        "image": {"model": str(tiny_resnet(folder / "resnet"))},
    }
    return Case(Micc, towers, changes)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract_holds_with_bert_and_a_convolutional_tower(
    check: Callable[[Case], None], mixed: Case
) -> None:
    check(mixed)
