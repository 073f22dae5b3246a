"""Pictures to learn traces of manipulation from: a forgery set, and news pictures beside copy-moves of them.

All are saved as JPEG alike, once, in the cache folder. As it is published, CASIA v1 tells by how its files
were saved which of them were altered (docs/forensics.md); what learns from it as it is can learn just that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock
from PIL import Image

from rumorscope.data.caching import cache_folder
from rumorscope.data.images import image_key, read_image
from rumorscope.data.parallel import in_parallel, no_progress
from rumorscope.errors import InputError
from rumorscope.forensics.forging import Forgery, copy_move, untouched
from rumorscope.forensics.recompression import jpeg
from rumorscope.post import ImageSource, Label, Manipulation, Post
from rumorscope.training.files import write_bytes_whole

LONGEST_SIDE = 512  # pixels of what is kept: the towers see less
QUALITY = 95  # of the file in which the saved picture is kept

_Make = Callable[[Image.Image, np.random.Generator], Forgery]


def saved_alike(posts: Sequence[Post]) -> list[Post]:
    """Posts of a forgery set, each picture as it is after one more saving of a drawn quality.

    Posts without a picture, or of which it is not known whether it was altered, are left out. Raises
    InputError where a picture cannot be read.
    """
    known = [post for post in posts if post.manipulation is not None and post.images]
    kept = _kept([post.images[0] for post in known], "saved", untouched)
    return [replace(post, images=(kept[post.images[0]],)) for post in known]


def news_forgeries(posts: Sequence[Post], most: int) -> list[Post]:
    """Pictures of non-rumors, at most so many, once as they are and once with a part copied and moved.

    They keep the label, which tells them from a forgery set's, whose posts have none. Nobody knows whether a
    news picture was altered before; as KECL has it, it counts as authentic. Raises InputError.
    """
    real = [post.images[0] for post in posts if post.label is Label.NON_RUMOR and post.images]
    pictures = list(dict.fromkeys(real))[:most]
    authentic, forged = _kept(pictures, "saved", untouched), _kept(pictures, "moved", copy_move)
    return [
        Post(
            f"news-{number}-{what}", "", (kept[source],), Label.NON_RUMOR, manipulation=Manipulation(tampered)
        )
        for number, source in enumerate(pictures)
        for what, kept, tampered in (("saved", authentic, False), ("moved", forged, True))
    ]


def _kept(sources: Sequence[ImageSource], what: str, make: _Make) -> dict[ImageSource, Path]:
    """Where each picture lies after it was made; what lies there already is not made again."""
    folder = cache_folder() / "forgeries"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write forgeries to {folder}: {error.strerror}; set RUMORSCOPE_CACHE"
        ) from error
    keys = {source: image_key(source) for source in sources}
    distinct = {key: source for source, key in keys.items()}
    with FileLock(folder / "lock"):  # two processes make each picture once
        made = dict(
            in_parallel(partial(_keep, folder=folder, what=what, make=make), [*distinct.items()], no_progress)
        )
    return {source: made[key, distinct[key]] for source, key in keys.items()}


def _keep(keyed: tuple[str, ImageSource], *, folder: Path, what: str, make: _Make) -> Path:
    key, source = keyed
    path = folder / f"{key[:32]}-{what}.jpg"
    if not path.is_file():
        picture = read_image(source)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC)
        seed = int.from_bytes(hashlib.sha256(f"{key} {what}".encode()).digest()[:8], "big")
        made = make(picture, np.random.default_rng(seed)).picture
        write_bytes_whole(path, jpeg(made, QUALITY))
    return path
