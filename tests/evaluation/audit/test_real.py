"""What the audit says of real data, with the figures of docs/audit.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rumorscope.data.importing import import_dataset
from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.splitting import make_split
from rumorscope.evaluation.audit import Audit, audit


def imported(name: str, source: Path, parent: Path) -> Manifest:
    import_dataset(name, source, parent / name)
    return load_manifest(parent / name)


def accuracies(found: Audit) -> dict[str, float]:
    return {lookup.name: round(lookup.accuracy, 3) for lookup in found.lookups}


@pytest.fixture(scope="module")
def twitter(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    source = real_data / "twitter_mediaeval2016"
    return imported("twitter-mediaeval", source, tmp_path_factory.mktemp("audited"))


def test_twitters_official_split_is_trusted(twitter: Manifest) -> None:
    found = audit(twitter)
    assert found.grade == "trusted"
    assert found.majority_accuracy == pytest.approx(0.576, abs=5e-4)
    assert accuracies(found)["picture"] == accuracies(found)["similar picture"] == 0.576
    assert {one.kind: one.posts for one in found.overlaps if one.kind != "user"} == dict.fromkeys(
        ("picture", "similar picture", "text", "similar text", "event"), 0
    )
    pictures = next(one for one in found.repeats if one.kind == "picture")
    assert pictures.constant == pictures.judged == 393


def test_a_random_split_of_twitter_is_looked_up(twitter: Manifest) -> None:
    found = audit(make_split(twitter, "random", seed=0, ratios=(0.8, 0, 0.2)).apply(twitter))
    assert found.grade == "not trusted"
    assert accuracies(found)["picture"] == pytest.approx(0.994, abs=0.004)
    assert "show a picture of the training posts, and looking it up scores 0.99" in found.sentence


def test_phemes_published_split_shares_every_event(real_data: Path, tmp_path: Path) -> None:
    found = audit(imported("pheme", real_data / "pheme_text", tmp_path))
    assert found.grade == "with care"
    assert "100.0% of the test posts are about an event of the training posts" in found.sentence
    assert accuracies(found) == {"text": 0.726, "similar text": 0.741, "event": 0.726}


def test_weibo_ced_repeats_its_texts(real_data: Path, tmp_path: Path) -> None:
    found = audit(imported("weibo-ced", real_data / "weibo_ced_text", tmp_path))
    assert found.grade == "not trusted"
    assert accuracies(found) == {"text": 0.607, "similar text": 0.705}
    assert "11.5% of the test posts repeat a text of the training posts, or nearly" in found.sentence


def test_weibo_jin_tells_by_time(real_data: Path, tmp_path: Path) -> None:
    found = audit(imported("weibo-jin", real_data / "weibo_jin2017", tmp_path))
    assert found.grade == "with care"
    told = {one.name: round(one.accuracy, 3) for one in found.traces if one.tells}
    assert told["time"] == pytest.approx(0.938, abs=0.002)
    assert told["filled columns"] == 1
    assert all(one.posts == 0 for one in found.overlaps if one.kind != "user")


def test_the_order_of_the_posts_changes_nothing(real_data: Path, tmp_path: Path) -> None:
    manifest = imported("weibo-ced", real_data / "weibo_ced_text", tmp_path)
    order = np.random.default_rng(0).permutation(len(manifest.posts))
    mixed = replace(
        manifest,
        posts=tuple(manifest.posts[row] for row in order),
        splits=tuple(manifest.splits[row] for row in order),
    )
    one, other = audit(manifest), audit(mixed)
    assert accuracies(one) == accuracies(other)
    assert one.sentence == other.sentence
    assert [each.posts for each in one.overlaps] == [each.posts for each in other.overlaps]
