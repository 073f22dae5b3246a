"""The whole audit on made manifests: a clean split is trusted, and every planted leak is found."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evaluation.audit.made import START, TEST, TRAIN, clean, with_posts
from evaluation.audit.pictures import encoded
from rumorscope.evaluation.audit import Audit, audit
from rumorscope.evaluation.audit.record import Kind, Lookup, Overlap
from rumorscope.post import ImageSource, Label, Post

CLEAN = clean()
PLANTED = 60  # of the 120 test posts share something with a training post of the same label
LABELS = np.array([post.label for post in CLEAN.posts])


def twin(row: int) -> int | None:
    """A training post of the same label, another for each of the first 60 test posts."""
    if not TRAIN <= row < TRAIN + PLANTED:
        return None
    rank = int((LABELS[TRAIN:row] == LABELS[row]).sum())
    return int(np.flatnonzero(LABELS[:TRAIN] == LABELS[row])[rank])


def planted(**columns: object) -> Audit:
    """The audit after the twins' columns, as they are or changed, were given to the test posts."""

    def change(row: int, post: Post) -> Post:
        source = twin(row)
        if source is None:
            return post
        values = {
            name: how(getattr(CLEAN.posts[source], name)) for name, how in columns.items() if callable(how)
        }
        return replace(post, **values)

    return audit(with_posts(CLEAN, change))


def as_it_is(value: object) -> object:
    return value


def overlap(found: Audit, kind: Kind) -> Overlap:
    return next(one for one in found.overlaps if one.kind == kind)


def lookup(found: Audit, kind: Kind) -> Lookup:
    return next(one for one in found.lookups if one.name == kind)


def half_known() -> float:
    """The accuracy of knowing the planted posts' labels, and calling the others what most of train are."""
    majority = LABELS[:TRAIN].mean() >= 0.5
    return (PLANTED + int((LABELS[TRAIN + PLANTED :] == majority).sum())) / TEST


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_clean_split_is_trusted(seed: int) -> None:
    found = audit(clean(seed))
    assert found.grade == "trusted", found.sentence
    assert found.trusted
    assert [one.posts for one in found.overlaps] == [0] * 6
    assert {one.accuracy for one in found.lookups} == {found.majority_accuracy}
    assert (found.times.inside, found.times.after) == (0, 1)
    assert found.posts == {"train": TRAIN, "test": TEST}
    assert found.notes == ()


@pytest.mark.parametrize(
    ("column", "kind", "similar"),
    [("images", "picture", "similar picture"), ("text", "text", "similar text"), ("user", "user", None)],
)
def test_what_is_planted_is_found_and_counted(column: str, kind: Kind, similar: Kind | None) -> None:
    found = planted(**{column: as_it_is})
    for each in (kind, similar):
        if each is not None:
            assert (overlap(found, each).posts, overlap(found, each).items) == (PLANTED, PLANTED)
            assert lookup(found, each).covered == PLANTED / TEST
            assert lookup(found, each).accuracy == pytest.approx(half_known())
    assert found.grade == "not trusted"
    assert found.sentence.startswith("Do not trust this split: 50.0% of the test posts ")
    assert f"scores {half_known():.3f} where" in found.sentence
    repeated = next(one for one in found.repeats if one.kind == kind)
    assert (repeated.groups, repeated.constant) == (PLANTED, PLANTED)


def test_shared_events_of_one_label_each() -> None:
    def change(row: int, post: Post) -> Post:
        return replace(post, event=f"{'fire' if post.label else 'game'}{row % 5}")

    found = audit(with_posts(CLEAN, change))
    assert (overlap(found, "event").posts, overlap(found, "event").items) == (TEST, 10)
    assert lookup(found, "event").accuracy == 1
    assert "100.0% of the test posts are about an event of the training posts" in found.sentence
    assert found.grade == "not trusted"


def test_shared_events_of_both_labels_ask_for_care() -> None:
    found = audit(with_posts(CLEAN, lambda row, post: replace(post, event="fire")))
    assert found.grade == "with care"
    assert lookup(found, "event").gain == 0
    repeated = next(one for one in found.repeats if one.kind == "event")
    assert (repeated.groups, repeated.constant) == (1, 0)


def recompressed(images: object) -> tuple[ImageSource, ...]:
    return tuple(encoded(image.resize((150, 110)), "JPEG", quality=40) for image in _decoded(images))


def upside_down(images: object) -> tuple[ImageSource, ...]:
    """Another picture to a perceptual hash."""
    return tuple(encoded(image.transpose(Image.Transpose.ROTATE_180)) for image in _decoded(images))


def _decoded(images: object) -> list[Image.Image]:
    assert isinstance(images, tuple)
    return [Image.open(io.BytesIO(image)).convert("RGB") for image in images]


def test_scaled_and_recompressed_pictures_are_found() -> None:
    found = planted(images=recompressed)
    assert overlap(found, "picture").posts == 0
    assert overlap(found, "similar picture").posts == PLANTED
    assert lookup(found, "similar picture").accuracy == pytest.approx(half_known())
    assert found.grade == "not trusted"


def test_other_pictures_are_not() -> None:
    assert overlap(planted(images=upside_down), "similar picture").posts == 0


def test_texts_with_another_hashtag_are_found() -> None:
    def change(row: int, post: Post) -> Post:
        text = " ".join(f"word{row}x{number}" for number in range(12))
        source = twin(row)
        original = text if source is None else " ".join(f"word{source}x{number}" for number in range(12))
        return replace(post, text=text if source is None else f"{original} #omg http://t.co/{row}")

    found = audit(with_posts(CLEAN, change))
    assert overlap(found, "text").posts == 0
    assert overlap(found, "similar text").posts == PLANTED  # 11 pairs of words, 12 with the hashtag
    assert lookup(found, "similar text").accuracy == pytest.approx(half_known())


def test_ids_that_tell_ask_for_care() -> None:
    found = audit(
        with_posts(
            CLEAN, lambda row, post: replace(post, id=f"{('real', 'fake')[int(post.label or 0)]}{post.id}")
        )
    )
    told = next(one for one in found.traces if one.name == "post id")
    assert (told.accuracy, told.auc, told.tells) == (1, 1, True)
    assert found.grade == "with care"
    assert "the label can be told from the post id alone with accuracy 1.000" in found.sentence


def test_overlapping_times() -> None:
    def change(row: int, post: Post) -> Post:
        return (
            post if row < TRAIN else replace(post, time=START.replace(year=2020 if row % 2 else 2021, day=3))
        )

    found = audit(with_posts(CLEAN, change))
    assert (found.times.inside, found.times.after) == (0.5, 0.5)
    assert found.grade == "trusted"


def test_columns_of_one_class_are_told_of_and_not_looked_up() -> None:
    found = audit(with_posts(CLEAN, lambda row, post: replace(post, user="eve" if post.label else None)))
    assert "user" not in [one.name for one in found.lookups]
    assert "only posts of one class have a user, so having one tells the label" in found.notes
    assert next(one for one in found.traces if one.name == "filled columns").accuracy == 1


@pytest.mark.parametrize("splits", [(None,) * (TRAIN + TEST), ("train",) * (TRAIN + TEST)])
def test_without_a_split_the_data_itself_is_described(splits: tuple[str | None, ...]) -> None:
    def change(row: int, post: Post) -> Post:
        return replace(post, images=CLEAN.posts[int(LABELS[row])].images if row < 20 else post.images)

    found = audit(replace(with_posts(CLEAN, change), splits=splits))
    assert (found.grade, found.trusted, found.majority_accuracy) == ("no split", False, None)
    assert found.lookups == found.overlaps == ()
    assert found.sentence.startswith(
        "There is no split to trust: the data lacks training posts or test posts; of the 2 pictures that"
    )
    assert found.sentence.endswith("so no split should share pictures.")
    assert any("'test'" in note for note in found.notes)


def test_without_labels_only_what_is_shared_can_be_said() -> None:
    found = audit(with_posts(CLEAN, lambda row, post: replace(post, label=None)))
    assert (found.grade, found.lookups, found.traces) == ("with care", (), ())
    assert "no post has a label, so nothing that depends on labels can be said" in found.notes


def test_bare_posts_are_no_error() -> None:
    posts = tuple(Post(str(row), "", label=Label(row % 2)) for row in range(4))
    found = audit(replace(CLEAN, posts=posts, splits=("train", "train", "test", "test")))
    assert found.grade == "with care"
    assert len(found.notes) == 5


def test_progress_sees_every_picture_and_text() -> None:
    seen: list[int] = []
    manifest = replace(CLEAN, posts=CLEAN.posts[:30], splits=CLEAN.splits[:30])
    audit(manifest, lambda names, total: seen.append(total) or names)
    assert seen == [30, 30]
