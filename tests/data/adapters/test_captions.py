"""Caption datasets: one post a caption, the picture shared."""

from __future__ import annotations

from typing import Any

import pytest

from rumorscope.data.adapters import Dropped, Kept, coco_cn, flickr8k, flickr30k


def summary(rows: Any) -> list[tuple[str | None, ...]]:
    return [
        (row.row, row.reason)
        if isinstance(row, Dropped)
        else (row.post.id, row.post.text, row.images[0].name, row.split, row.post.language)
        for row in rows
    ]


def test_flickr8k_as_published(published: Any) -> None:
    published.text(
        "Flickr8k_text/Flickr8k.token.txt",
        "a.jpg#0\tA child climbs .",
        "a.jpg#1\tA girl .",
        "b.jpg#0\tTwo dogs .",
        "c.jpg.1#0\tno such file",
        "no tab",
        "b.jpg#1\t ",
    )
    published.text("Flickr8k_text/Flickr_8k.trainImages.txt", "a.jpg")
    published.text("Flickr8k_text/Flickr_8k.devImages.txt", "b.jpg")
    published.pictures("Flicker8k_Dataset/a.jpg", "Flicker8k_Dataset/b.jpg")
    rows = list(flickr8k.read(published.folder))
    assert summary(rows) == [
        ("a.jpg#0", "A child climbs .", "a.jpg", "train", "en"),
        ("a.jpg#1", "A girl .", "a.jpg", "train", "en"),
        ("b.jpg#0", "Two dogs .", "b.jpg", "validation", "en"),
        ("c.jpg.1#0", "its picture is not among the files"),
        ("Flickr8k.token.txt line 5", "it has no tab between picture and caption"),
        ("b.jpg#1", "its caption is empty"),
    ]
    assert all(row.needs_image for row in rows if isinstance(row, Kept))


def test_flickr8k_as_a_bilingual_table(published: Any) -> None:
    published.text(
        "pairs.tsv",
        "image\tsplit\tlang\tsource\tcaption",
        'a.jpg\tval\ten\thuman\tA "child',
        "a.jpg\tval\tzh\thuman\t孩子",
        "a.jpg\tval\tzh\tbaidu-mt\t小孩",
        "a.jpg\tval\tzh\thuman\t一个孩子",
        "b.jpg\t\ten\thuman\tTwo dogs",
        "b.jpg\ttrain",
    )
    published.pictures("images/a.jpg", "images/b.jpg")
    assert summary(flickr8k.read(published.folder)) == [
        ("a.jpg#en0", 'A "child', "a.jpg", "validation", "en"),
        ("a.jpg#zh0", "孩子", "a.jpg", "validation", "zh"),
        ("pairs.tsv line 4", "its caption is a translation by baidu-mt"),
        ("a.jpg#zh1", "一个孩子", "a.jpg", "validation", "zh"),
        ("b.jpg#en0", "Two dogs", "b.jpg", None, "en"),
        ("pairs.tsv line 7", "it has fewer columns than the header"),
    ]


def test_flickr30k_table_with_its_broken_row(published: Any) -> None:
    published.text(
        "flickr30k_images/results.csv",
        "image_name| comment_number| comment",
        "1000092795.jpg| 0| Two young guys | look .",
        "2199200615.jpg| 4   A dog runs across the grass .",
        "nonsense",
    )
    published.text("test.txt", "2199200615")
    published.pictures(*(f"flickr30k_images/flickr30k_images/{n}.jpg" for n in ("1000092795", "2199200615")))
    assert summary(flickr30k.read(published.folder)) == [
        ("1000092795.jpg#0", "Two young guys | look .", "1000092795.jpg", None, "en"),
        ("2199200615.jpg#4", "A dog runs across the grass .", "2199200615.jpg", "test", "en"),
        ("results.csv line 4", "it is not: picture | number | caption"),
    ]


@pytest.mark.parametrize("folder", ["flickr30k-images", "flickr30k_images"])
def test_flickr30k_token_file(published: Any, folder: str) -> None:
    published.text("results_20130124.token", "1.jpg#0\tTwo guys .")
    published.pictures(f"{folder}/1.jpg")
    published.text("val.txt", "1.jpg")
    assert summary(flickr30k.read(published.folder)) == [
        ("1.jpg#0", "Two guys .", "1.jpg", "validation", "en")
    ]


def test_coco_cn(published: Any) -> None:
    folder = "coco-cn-version1805v1.1"
    published.text(
        f"{folder}/imageid.human-written-caption.txt",
        "COCO_train2014_000000000101#0\t一只猫坐在沙发上",
        "COCO_val2014_000000000103#zhm#1\t夜晚的街道",
        "COCO_val2014_000000000104#0\t没有图片",
    )
    published.text(f"{folder}/coco-cn_train.txt", "COCO_train2014_000000000101")
    published.text(f"{folder}/coco-cn_val.txt", "COCO_val2014_000000000103")
    published.pictures("train2014/COCO_train2014_000000000101.jpg", "val2014/COCO_val2014_000000000103.jpg")
    cat, street = "COCO_train2014_000000000101", "COCO_val2014_000000000103"
    assert summary(coco_cn.read(published.folder)) == [
        (f"{cat}#0", "一只猫坐在沙发上", f"{cat}.jpg", "train", "zh"),
        (f"{street}#zhm#1", "夜晚的街道", f"{street}.jpg", "validation", "zh"),
        ("COCO_val2014_000000000104#0", "its picture is not among the files"),
    ]
