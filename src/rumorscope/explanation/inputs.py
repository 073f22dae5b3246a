"""What was judged, by its hashes: so that a kept verdict can be tied to the post it is of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rumorscope.data.images import image_key
from rumorscope.post import Post


@dataclass(frozen=True, slots=True)
class InputHashes:
    """SHA-256, in hexadecimal, of a post's text in UTF-8, and of each picture's file."""

    text_sha256: str
    images_sha256: tuple[str, ...]


def input_hashes(post: Post) -> InputHashes:
    """The hashes of a post. Raises InputError where a picture's file cannot be read."""
    text = hashlib.sha256(post.text.encode()).hexdigest()
    return InputHashes(text, tuple(image_key(image) for image in post.images))
