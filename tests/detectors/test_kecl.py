"""What KECL alone promises: its three failure modes, each told by the right evidence, on made pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerBase

from rumorscope.data.images import read_image
from rumorscope.detectors._kecl_reading import as_sentence
from rumorscope.detectors.kecl import Kecl, KeclConfig, KeclOutput
from rumorscope.encoders.preprocess import Batch
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.forensics.forging import Recipe, copy_move, splice
from rumorscope.knowledge.building import build_store
from rumorscope.post import Label, Manipulation, Post, Triple
from tiny import tiny_clip, tiny_forgeries, tiny_picture, tiny_posts, tiny_resnet

HUBBLE = "A photo of the Earth covered in clouds, taken by the Hubble telescope"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("towers")
    return tiny_clip(folder / "clip"), tiny_resnet(folder / "resnet")


def build(folders: tuple[Path, Path], seed: int = 0, **changes: object) -> Kecl:
    clip, resnet = map(str, folders)
    config = {
        "text": {"model": clip, "max_tokens": 32},
        "claim_text": {"model": clip, "max_tokens": 32},
        "image": {"model": resnet, "image_size": 64, "receptive_fields": [8]},
        "width": 16,
        "judgment_width": 16,
    }
    torch.manual_seed(seed)
    return Kecl(KeclConfig.parse(config | changes), PretrainedTowers()).eval()


@torch.no_grad()
def judged(detector: Kecl, posts: Sequence[Post]) -> tuple[Batch, KeclOutput]:
    batch = detector.preprocess(posts)
    return batch, detector(batch)


# A claim against common knowledge: the cloud-covered Earth "taken by the Hubble telescope".


def knowing(folders: tuple[Path, Path], tmp_path: Path, *facts: tuple[str, str, str]) -> Kecl:
    source = tmp_path / "facts.txt"
    every = [*facts, ("dog", "IsA", "animal")]
    source.write_text("".join(f"{relation}\t{head}\t{tail}\n" for head, relation, tail in every))
    build_store(source, tmp_path / "facts.sqlite")
    return build(folders, store=tmp_path / "facts.sqlite")


def test_a_claim_that_is_known_does_not_deviate_and_another_one_does(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    facts = ("hubble telescope", "take", "photo"), ("earth", "AtLocation", "solar system")
    detector = knowing(folders, tmp_path, *facts)
    (evidence,) = detector.evidence(*judged(detector, [Post("earth", HUBBLE)]))
    found = {(claim.triple.head, claim.triple.relation): claim for claim in evidence.claims}
    taken, lies = found["hubble telescope", "take"], found["earth", "AtLocation"]
    assert taken.known == Triple("hubble telescope", "take", "photo")
    assert taken.deviation == pytest.approx(0.0, abs=1e-3)
    assert lies.known == Triple("earth", "AtLocation", "solar system")  # and not in clouds
    assert lies.deviation is not None
    assert lies.deviation > 0.1
    unknown = found["photo", "of"]
    assert (unknown.known, unknown.deviation, unknown.weight) == (None, None, 0.0)
    assert sum(claim.weight for claim in evidence.claims) == pytest.approx(1.0)


def test_only_what_deviates_can_be_ruled_out_as_unknown(folders: tuple[Path, Path], tmp_path: Path) -> None:
    detector = knowing(folders, tmp_path, ("hubble telescope", "take", "photo"))
    agreeing = judged(detector, [Post("earth", HUBBLE)])
    torch.testing.assert_close(
        detector.ruled_out(*agreeing)["if_known"], agreeing[1].logits, atol=1e-4, rtol=0
    )

    (tmp_path / "other").mkdir()
    detector = knowing(folders, tmp_path / "other", ("hubble telescope", "take", "picture of stars"))
    deviating = judged(detector, [Post("earth", HUBBLE), Post("none", "calm")])
    moved = detector.ruled_out(*deviating)["if_known"] - deviating[1].logits
    assert moved[0].abs() > 1e-4
    assert moved[1].isnan()  # it claims nothing


# Picture and text that disagree: a night crash under a text about an incineration plant.


def test_agreement_is_ruled_in_by_what_each_modality_asked_for(folders: tuple[Path, Path]) -> None:
    """An error of reconstruction moves the answer; without one there is nothing to move."""
    detector = build(folders)
    night = Post("night", "The plant burns garbage", (tiny_picture("black"),))
    batch, output = judged(detector, [night, Post("t", night.text), Post("i", "", night.images)])
    agreed = detector.ruled_out(batch, output)["if_consistent"]
    assert (agreed[0] - output.logits[0]).abs() > 1e-4
    assert agreed[1:].isnan().all()  # nothing to disagree with

    shared = replace(output.shared, text=output.shared.aligned_text, image=output.shared.aligned_image)
    consistent = replace(output, shared=shared)
    same = detector.ruled_out(batch, consistent)["if_consistent"]
    torch.testing.assert_close(same[0], output.logits[0])


# A picture that was altered: a mountain with a part pasted elsewhere.

SHARP = Recipe(
    shapes=("rectangle",), area=(0.1, 0.2), scale=(1, 1), rotation_degrees=(0, 0), feather_pixels=(0, 0)
)


def mountain(seed: int) -> Image.Image:
    """A smooth slope under a smooth sky: nothing in it has a sharp edge."""
    draw = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 1, 64), np.linspace(0, 1, 64))
    height = 0.4 + 0.3 * draw.random() * np.cos(3 * (across - draw.random()))
    slope = 1 / (1 + np.exp(-(down - height) * 12))
    return Image.fromarray(np.uint8(255 * np.stack([slope, 0.6 * slope + 0.2, 1 - slope * 0.8], axis=2)))


def altered(seed: int) -> tuple[bytes, bytes, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """The mountain, the mountain with a bright thing pasted in, and where."""
    picture = mountain(seed)
    generator = np.random.default_rng(100 + seed)
    noise = Image.fromarray(generator.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    forged = splice(picture, noise, generator, SHARP)
    return _png(picture), _png(forged.picture), forged.mask


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def forensic(folders: tuple[Path, Path]) -> Kecl:
    """A detector that has learnt from made forgeries, in its own first stage."""
    detector = build(folders, mask_weight=1.0, transfer_weight=0.0, knowledge="none")
    posts = []
    for seed in range(12):
        authentic, forged, mask = altered(seed)
        marked = _png(Image.fromarray(mask.astype(np.uint8) * 255).convert("RGB"))
        posts += [
            Post(f"a{seed}", "", (authentic,), manipulation=Manipulation(False)),
            Post(f"f{seed}", "", (forged,), manipulation=Manipulation(True, "splice", marked)),
        ]
    stage = detector.stages()[0]
    assert stage.name == "forgery"
    detector.train()
    batch = detector.preprocess(posts)
    optimizer = torch.optim.Adam([p for group in stage.groups for p in group.parameters], 3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        torch.stack(list(stage.loss(detector(batch), batch).values())).sum().backward()
        optimizer.step()
    return detector.eval()


def test_the_map_shows_where_an_unseen_picture_was_altered(forensic: Kecl) -> None:
    for seed in range(50, 55):
        authentic, forged, mask = altered(seed)
        posts = [Post("a", "Mount Fuji", (authentic,)), Post("f", "Mount Fuji", (forged,))]
        clean, found = forensic.evidence(*judged(forensic, posts))
        assert found.manipulation[0].probability > 0.5 > clean.manipulation[0].probability
        cells = np.array(found.manipulation[0].values)
        inside = np.asarray(Image.fromarray(mask).resize(cells.shape[::-1], Image.Resampling.NEAREST))
        assert cells[inside].mean() > cells[~inside].mean() + 0.2


def test_an_altered_picture_is_brought_to_the_level_of_authentic_ones(forensic: Kecl) -> None:
    authentic, forged, _ = altered(60)
    batch, output = judged(
        forensic, [Post("f", "", (forged,)), Post("a", "", (authentic,)), Post("n", "calm")]
    )
    with torch.no_grad():
        cleaned = forensic.forgery.as_authentic(output.pictures, output.tampered)
        level = forensic.forgery.score(cleaned).squeeze(-1)
    torch.testing.assert_close(level[0], forensic.forgery.authentic, atol=1e-3, rtol=1e-3)
    assert level[1] <= forensic.forgery.authentic + 1e-3
    ruled = forensic.ruled_out(batch, output)["if_authentic"]
    assert (ruled[0] - output.logits[0]).abs() > 1e-4
    assert ruled[2].isnan()


def test_without_forgeries_nothing_is_said_of_manipulation(folders: tuple[Path, Path]) -> None:
    detector = build(folders)
    batch, output = judged(detector, tiny_posts()[:2])
    assert all(evidence.manipulation == () for evidence in detector.evidence(batch, output))
    assert detector.ruled_out(batch, output)["if_authentic"].isnan().all()


def test_news_pictures_teach_no_label_of_their_own(folders: tuple[Path, Path]) -> None:
    """The forgery loss is that of the forgery set alone; news pictures enter the transfer alone."""
    detector = build(folders, knowledge="none")
    posts = tiny_forgeries()
    loss = detector.stages()[0].loss
    both, alone = (judged(detector, some) for some in (posts, posts[:4]))
    torch.testing.assert_close(loss(both[1], both[0])["forgery"], loss(alone[1], alone[0])["forgery"])
    assert loss(both[1], both[0])["transfer"] > 0
    assert loss(alone[1], alone[0])["transfer"] == 0


def test_places_are_an_activation_map_where_no_mask_teaches(folders: tuple[Path, Path]) -> None:
    """Over a convolutional tower, the picture's log-odds are the mean of its places'."""
    detector = build(folders)
    pixels = detector.preprocess(tiny_posts()).pixels
    with torch.no_grad():
        whole, places = detector.manipulation(pixels)
    assert places.shape == (len(pixels), 8, 8)
    torch.testing.assert_close(places.mean(dim=(1, 2)), whole)


def test_the_level_of_authentic_pictures_is_learnt_in_training_alone(folders: tuple[Path, Path]) -> None:
    detector = build(folders)
    batch = detector.preprocess(tiny_forgeries())
    with torch.no_grad():
        whole = detector(batch).tampered
        assert not detector.forgery.is_trained
        detector.train()(batch)
    authentic = batch.image_index[[1, 3], 0]  # of the forgery set, not of the news
    torch.testing.assert_close(detector.forgery.authentic, whole[authentic].mean())


def slow_logit(detector: Kecl, post: Post) -> Tensor:
    """The whole forward pass for one post with a picture, written out."""
    batch = detector.preprocess([post])
    text, picture = detector.text(batch.token_ids, batch.token_mask), detector.image(batch.pixels)
    claims = detector.preprocess.checked(post).claims
    claim_text, tokenizer = detector.claim_text, detector.preprocess.claim_tokenizer
    assert claim_text is not None
    assert tokenizer is not None

    def embedded(triple: Triple) -> Tensor:
        return claim_text(*_tokens(tokenizer, triple)).pooled[0]

    asks = detector.private.deviations
    assert asks is not None
    scores, values = [], []
    for claim in claims:
        if not claim.known:
            continue
        own = F.normalize(embedded(claim.triple), dim=0)
        known = [F.normalize(embedded(triple), dim=0) for triple in claim.known]
        nearest = max(known, key=lambda other: float(own @ other))
        scores.append(asks.query(text.pooled[0]) @ asks.key(embedded(claim.triple)) / 16**0.5)
        values.append(asks.value(own - nearest))
    gathered = asks.nothing
    if scores:
        shares = torch.stack(scores).softmax(dim=0)
        gathered = (shares.unsqueeze(1) * torch.stack(values)).sum(dim=0)
    private_text = detector.private.text(torch.cat([text.pooled[0], gathered]))
    private_image = detector.private.image(picture.pooled[0])
    heads = detector.shared
    assert heads.text is not None
    assert heads.image is not None

    def ask(layer: torch.nn.Module, query: Tensor, items: Tensor) -> Tensor:
        weights = (layer.query(query) @ layer.key(items).mT / 16**0.5).softmax(dim=0)
        return weights @ layer.value(items)

    aligned_text = ask(heads.text_asks, heads.text(text.pooled[0]), picture.regions[0])
    aligned_image = ask(heads.image_asks, heads.image(picture.pooled[0]), text.tokens[0])
    features = torch.cat([private_image, private_text, aligned_image, aligned_text])
    return detector.judgment(features).squeeze()


def _tokens(tokenizer: PreTrainedTokenizerBase, triple: Triple) -> tuple[Tensor, Tensor]:
    ids = torch.tensor([tokenizer(as_sentence(triple))["input_ids"]])
    return ids, torch.ones_like(ids, dtype=torch.bool)


@torch.no_grad()
def test_the_answer_is_that_of_the_equations_written_out(folders: tuple[Path, Path]) -> None:
    detector = build(folders)
    posts = [post for post in tiny_posts() if post.text and len(post.images) == 1]
    _, output = judged(detector, posts)
    assert output.claims is not None
    assert output.claims.linked.any()
    slow = torch.stack([slow_logit(detector, post) for post in posts])
    torch.testing.assert_close(output.logits, slow, rtol=1e-4, atol=1e-4)


def test_weights_of_the_loss_scale_its_terms(folders: tuple[Path, Path]) -> None:
    once = build(folders, disentangling_weight=1.0, alignment_weight=1.0, global_alignment_weight=1.0)
    twice = build(folders, disentangling_weight=2.0, alignment_weight=2.0, global_alignment_weight=2.0)
    batch, output = judged(once, tiny_posts())
    first, second = (detector.stages()[-1].loss(output, batch) for detector in (once, twice))
    assert first.keys() == second.keys() > {"binary_cross_entropy"}
    for name in first.keys() - {"binary_cross_entropy"}:
        assert first[name] > 0
        torch.testing.assert_close(second[name], 2 * first[name])


def test_a_verdict_says_what_the_post_did_not_give(folders: tuple[Path, Path]) -> None:
    detector = build(folders)
    posts = [
        Post("claims", "Shark swimming in the street", (tiny_picture("red"),)),
        Post("unknown", "The bridge is in Hoboken", (tiny_picture("red"),)),
        Post("nothing", "calm", ()),
        Post("picture", "", (tiny_picture("red"),)),
    ]
    missing = detector.missing(detector.preprocess(posts))
    assert missing == [
        (),
        ("knowledge: nothing is known of any of its 1 claims",),
        ("picture: the post has none", "claims: none was found in the text"),
        ("text: the post has none",),
    ]


def test_copies_of_a_region_are_forged_of_smooth_pictures_too() -> None:
    """The maker of the news forgeries changes such a picture only where it says."""
    picture = mountain(3)
    forged = copy_move(picture, np.random.default_rng(0), SHARP.model_copy(update={"jpeg_quality": None}))
    difference = np.abs(
        np.asarray(picture, dtype=int) - np.asarray(read_image(_png(forged.picture)), dtype=int)
    )
    assert difference.max(axis=2)[~forged.mask].max() == 0


def test_labels_are_not_needed_to_answer(folders: tuple[Path, Path]) -> None:
    detector = build(folders)
    post = Post("p", "Shark swimming in the street", (tiny_picture("red"),), Label.RUMOR)
    told = judged(detector, [post])[1].logits
    assert torch.equal(told, judged(detector, [replace(post, label=None)])[1].logits)
