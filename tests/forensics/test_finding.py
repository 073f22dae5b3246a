"""Log-odds of manipulation as evidence: a map a picture, in each post's order."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rumorscope.encoders.preprocess import Preprocess
from rumorscope.forensics.finding import FindsManipulation, as_maps, maps_of_batch
from rumorscope.post import Post
from scoring.toy import toy_preprocess
from training.toy import Toy, ToyConfig
from training.toy import _picture as picture


class Finder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.preprocess: Preprocess = toy_preprocess()

    def manipulation(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        bright = pixels.float().mean(dim=1) / 255  # (U, S, S)
        return bright.mean(dim=(1, 2)), bright[:, ::4, ::2]


def test_each_post_gets_the_maps_of_its_pictures() -> None:
    whole, places = torch.tensor([0.0, 2.0]), torch.tensor([[[0.0, 1.0]], [[-1.0, 30.0]]])
    first, none, both = as_maps(whole, places, torch.tensor([[1, -1], [-1, -1], [0, 1]]))
    assert none == ()
    assert [found.image for found in both] == [0, 1]
    assert (both[0].probability, both[0].values) == (
        0.5,
        ((0.5, torch.tensor(1.0).double().sigmoid().item()),),
    )
    assert first[0].probability == both[1].probability == torch.tensor(2.0).double().sigmoid().item()
    assert first[0].values[0][1] <= 1


def test_a_batch_of_posts() -> None:
    finder = Finder()
    posts = [
        Post("a", "", (picture("red"), picture("blue"))),
        Post("b", "the sea"),
        Post("c", "", (picture("blue"),)),
    ]
    batch = finder.preprocess(posts)
    maps = maps_of_batch(finder, batch)
    assert [len(found) for found in maps] == [2, 0, 1]
    assert maps[0][1].values == maps[2][0].values
    assert (len(maps[2][0].values), len(maps[2][0].values[0])) == (2, 4)


def test_who_finds_manipulation() -> None:
    assert isinstance(Finder(), FindsManipulation)
    assert not isinstance(Toy(ToyConfig()), FindsManipulation)
