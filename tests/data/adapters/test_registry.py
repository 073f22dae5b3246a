"""Every adapter is found by its file's name and refuses what is not its dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from rumorscope.data.adapters import adapter, adapter_names
from rumorscope.errors import InputError


def test_the_names() -> None:
    assert adapter_names() == [
        "casia1", "casia2", "coco-cn", "flickr30k", "flickr8k", "pheme", "twitter-mediaeval",
        "weibo-ced", "weibo-jin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "hint"), [("weibo-jim", "did you mean 'weibo-jin'"), ("x", "known: casia1")]
)
def test_an_unknown_name(name: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        adapter(name)


@pytest.mark.parametrize("name", adapter_names())
def test_a_folder_without_the_dataset(name: str, tmp_path: Path) -> None:
    (tmp_path / "something else").mkdir()
    with pytest.raises(InputError, match=r"holds none of .*; the dataset is published at https://"):
        list(adapter(name)(tmp_path))
    with pytest.raises(InputError, match="is no folder"):
        list(adapter(name)(tmp_path / "absent"))
