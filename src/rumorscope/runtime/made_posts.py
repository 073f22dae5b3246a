"""Posts that nobody wrote, to compare two ways of computing the same thing where no others are at hand.

They say nothing of accuracy, and int8 must not take its ranges from them.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from rumorscope.post import Post

_WORDS = (
    *("the", "storm", "bridge", "shark", "photo", "police", "street", "official", "video", "breaking"),
    *("people", "city", "water", "true", "fake", "after", "2015", "this", "share", "confirmed", "never"),
    *("网传", "图片", "街头", "辟谣", "官方", "地震", "照片"),
)


def made_posts(count: int = 64) -> list[Post]:
    """The same ones every time: up to 60 words, and none, one or two pictures of gradients and noise."""
    chance = np.random.default_rng(0)
    posts = []
    for number in range(count):
        words = chance.choice(_WORDS, size=chance.integers(1, 60))
        pictures = tuple(_picture(chance) for _ in range(chance.choice([0, 1, 1, 2])))
        posts.append(Post(f"made-{number}", " ".join(words), pictures))
    return posts


def _picture(chance: np.random.Generator) -> bytes:
    height, width = chance.integers(60, 400, size=2)
    slope = np.linspace(0, 1, width)[None, :, None] * chance.uniform(0, 255, size=3)
    noise = chance.normal(0, chance.uniform(1, 60), size=(height, width, 3))
    pixels = np.clip(slope + chance.uniform(0, 120, size=3) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
