"""A verdict on the terminal says what its page says."""

from __future__ import annotations

import io

from PIL import Image
from rich.console import Console

from rumorscope.cli._show import show_verdict
from rumorscope.post import Evidence, Label, ManipulationMap, Post, Verdict


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


def shown(post: Post, evidence: Evidence) -> str:
    console = Console(file=io.StringIO(), width=400)
    show_verdict(console, post, Verdict("a", 0.8, Label.RUMOR, "kecl", "0f9c", evidence=evidence))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_traces_of_manipulation_are_told_for_each_picture() -> None:
    first, second = ManipulationMap(0, 0.83, ((0.5,),)), ManipulationMap(1, 0.04, ((0.5,),))
    one = shown(Post("a", "x", (picture(),)), Evidence(manipulation=(first,)))
    assert "The detector takes the picture for altered with a probability of 83%" in one
    assert "Picture 1" not in one
    both = shown(Post("a", "x", (picture(), picture())), Evidence(manipulation=(first, second)))
    assert "Picture 2: The detector takes the picture for altered with a probability of 4%" in both
    assert "altered" not in shown(Post("a", "x", (picture(),)), Evidence())
