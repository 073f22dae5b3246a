"""Posts → Batch: padding, pictures told apart by content, and what is refused."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer

from rumorscope.encoders.preprocess import MAX_IMAGES, MAX_TEXT_CHARACTERS, Batch, Preprocess, read_picture
from rumorscope.errors import InputError
from rumorscope.post import Label, Post
from tiny import tiny_picture, tiny_posts


@pytest.fixture(scope="module")
def preprocess(checkpoints: Path) -> Preprocess:
    return Preprocess(AutoTokenizer.from_pretrained(checkpoints / "bert"), max_tokens=12, image_size=32)


def _same(ours: Batch, theirs: Batch) -> bool:
    tensors = ("token_ids", "token_mask", "pixels", "image_index")
    return all(torch.equal(getattr(ours, name), getattr(theirs, name)) for name in tensors)


def test_texts_are_padded_on_the_right(preprocess: Preprocess) -> None:
    posts = [Post("a", "shark street"), Post("b", ""), Post("c", "the shark in the street")]
    batch = preprocess(posts)
    assert batch.token_mask.sum(dim=1).tolist() == [4, 2, 7]  # [CLS] and [SEP] included
    for row, post in enumerate(posts):
        ids = preprocess.tokenizer(post.text)["input_ids"]
        assert batch.token_ids[row, : len(ids)].tolist() == ids
        assert (batch.token_ids[row, len(ids) :] == preprocess.tokenizer.pad_token_id).all()
        assert batch.token_mask[row].tolist() == [True] * len(ids) + [False] * (7 - len(ids))


def test_texts_are_cleaned_and_cut(preprocess: Preprocess) -> None:
    dirty, clean = Post("a", "shark &amp; street\\n https://t.co/xyz"), Post("b", "shark & street")
    assert preprocess.prepare(dirty).token_ids == preprocess.prepare(clean).token_ids
    long = preprocess.prepare(Post("c", "shark " * 500)).token_ids
    assert len(long) == 12
    assert long[-1] == preprocess.tokenizer.sep_token_id


def test_pictures_are_told_apart_by_content(preprocess: Preprocess, tmp_path: Path) -> None:
    red, green = tiny_picture("red"), tiny_picture("green")
    (tmp_path / "copy.png").write_bytes(red)
    batch = preprocess([
        Post("a", "", (red, green)),
        Post("b", ""),
        Post("c", "", (tmp_path / "copy.png",)),
    ])  # fmt: skip
    assert batch.image_index.tolist() == [[0, 1], [-1, -1], [0, -1]]
    assert batch.pixels.shape == (2, 3, 32, 32)
    assert batch.pixels.dtype == torch.uint8
    assert torch.equal(batch.pixels[1], read_picture(green, 32).pixels)
    assert batch.image_sizes == (((80, 60), (80, 60)), (), ((80, 60),))


def test_no_picture_at_all(preprocess: Preprocess) -> None:
    batch = preprocess([Post("a", "shark"), Post("b", "street")])
    assert batch.pixels.shape == (0, 3, 32, 32)
    assert batch.pixels.dtype == torch.uint8
    assert batch.image_index.shape == (2, 0)


def test_labels_are_nan_where_unknown(preprocess: Preprocess) -> None:
    labels = preprocess(
        [Post("a", "", label=Label.RUMOR), Post("b", ""), Post("c", "", label=Label.NON_RUMOR)]
    ).labels
    assert labels.dtype == torch.float32
    assert torch.equal(labels.nan_to_num(-1), torch.tensor([1.0, -1.0, 0.0]))


def test_a_post_comes_out_the_same_in_any_batch(preprocess: Preprocess) -> None:
    posts = tiny_posts()
    batch = preprocess(posts)
    assert len(batch) == 8
    for row, post in enumerate(posts):
        alone = preprocess([post])
        length = alone.token_ids.shape[1]
        assert torch.equal(batch.token_ids[row, :length], alone.token_ids[0])
        assert not batch.token_mask[row, length:].any()
        pictures = batch.image_index[row][batch.image_index[row] >= 0]
        assert torch.equal(batch.pixels[pictures], alone.pixels[alone.image_index[0]])


def test_files_and_bytes_give_the_same_batch(preprocess: Preprocess, tmp_path: Path) -> None:
    assert _same(preprocess(tiny_posts(tmp_path)), preprocess(tiny_posts()))


def test_it_pickles_to_worker_processes(preprocess: Preprocess) -> None:
    copy = pickle.loads(pickle.dumps(preprocess))
    assert _same(copy(tiny_posts()), preprocess(tiny_posts()))


def test_a_text_that_is_too_long(preprocess: Preprocess) -> None:
    preprocess.prepare(Post("fits", "a" * MAX_TEXT_CHARACTERS))
    with pytest.raises(InputError, match="post 7: the text has 100000 characters, more than 50000"):
        preprocess.prepare(Post("7", "a" * 100_000))


def test_too_many_images(preprocess: Preprocess) -> None:
    red = tiny_picture("red")
    assert len(preprocess.prepare(Post("fits", "", (red,) * MAX_IMAGES)).pictures) == 10
    with pytest.raises(InputError, match="post 7: 11 images, more than 10"):
        preprocess.prepare(Post("7", "", (red,) * 11))


def test_a_picture_that_cannot_be_read(preprocess: Preprocess, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.png"):
        preprocess.prepare(Post("a", "", (tmp_path / "missing.png",)))
    with pytest.raises(InputError):
        preprocess.prepare(Post("a", "", (tiny_picture("red")[:60],)))


def test_the_whole_picture_is_scaled_to_a_square() -> None:
    """Left half black, right half white: no part is cropped away."""
    image = Image.fromarray(np.repeat([[0] * 60 + [255] * 60], 20, axis=0).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, format="PNG")
    picture = read_picture(file.getvalue(), 32)
    assert picture.size == (120, 20)
    assert picture.pixels[:, :, :12].max() == 0
    assert picture.pixels[:, :, 20:].min() == 255


def test_a_file_is_decoded_once_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(tiny_picture("red"))
    first = read_picture(file, 32)
    assert read_picture(file, 32) is first
    assert read_picture(file, 48).pixels.shape == (3, 48, 48)
    file.write_bytes(tiny_picture("blue"))
    os.utime(file, ns=(0, 1))  # as a later write has it
    changed = read_picture(file, 32)
    assert changed.key != first.key
    assert not torch.equal(changed.pixels, first.pixels)


def test_to_moves_every_tensor(preprocess: Preprocess) -> None:
    batch = replace(preprocess(tiny_posts()), extras={"deviation": torch.zeros(8, 2)})
    moved = batch.to("meta")
    tensors = [moved.token_ids, moved.token_mask, moved.pixels, moved.image_index, moved.labels]
    assert {tensor.device.type for tensor in [*tensors, moved.extras["deviation"]]} == {"meta"}
    assert moved.posts == batch.posts
    assert moved.image_sizes == batch.image_sizes
    assert batch.token_ids.device.type == "cpu"
