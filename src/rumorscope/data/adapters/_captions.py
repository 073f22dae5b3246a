"""Caption datasets: one post a caption, so that posts share their picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rumorscope.data.adapters._interface import Dropped, Kept, lines
from rumorscope.post import Post


class Caption(NamedTuple):
    """One caption as it is published."""

    id: str
    image: str  # the picture's file name
    text: str
    language: str


def caption_rows(
    captions: Iterable[Caption | Dropped], images: dict[str, Path], splits: dict[str, str]
) -> Iterator[Kept | Dropped]:
    """Captions whose picture is among `images`, each with the split that lists its picture."""
    for caption in captions:
        if isinstance(caption, Dropped):
            yield caption
        elif caption.image not in images:
            yield Dropped(caption.id, "its picture is not among the files")
        elif not caption.text.strip():
            yield Dropped(caption.id, "its caption is empty")
        else:
            post = Post(caption.id, caption.text.strip(), (images[caption.image],), language=caption.language)
            yield Kept(post, splits.get(caption.image), needs_image=True)


def token_file(path: Path, language: str, suffix: str = "") -> Iterator[Caption | Dropped]:
    """Lines of `IMAGE#NUMBER<TAB>CAPTION`; `suffix` is appended to a picture's name that has none."""
    for number, line in enumerate(lines(path), start=1):
        key, tab, text = line.partition("\t")
        if not tab:
            yield Dropped(f"{path.name} line {number}", "it has no tab between picture and caption")
            continue
        yield Caption(key, key.partition("#")[0] + suffix, text, language)
