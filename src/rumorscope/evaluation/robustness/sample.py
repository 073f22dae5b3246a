"""Some of many posts, and altered examples of them to look at."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from rumorscope.data.images import read_image
from rumorscope.errors import InputError
from rumorscope.evaluation.robustness.registry import Perturbation, perturbations
from rumorscope.post import Post

EXAMPLES = 3


def sampled(posts: Sequence[Post], count: int | None, seed: int) -> list[Post]:
    """`count` of the posts at random, in their order; all of them where there are no more."""
    if count is None or count >= len(posts):
        return list(posts)
    return [posts[index] for index in sorted(random.Random(seed).sample(range(len(posts)), count))]


def write_examples(posts: Sequence[Post], only: Sequence[str] | None, folder: Path, seed: int) -> None:
    """What each perturbation makes of the first few posts that it alters.

    Pictures as `<perturbation>-<number>-before.png` and `-after.png`; both states of texts in `texts.txt`.
    Raises InputError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lines = [line for item in perturbations(only) for line in _examples(item, posts, folder, seed)]
        (folder / "texts.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write examples into {folder}: {error.strerror}") from error


def _examples(perturbation: Perturbation, posts: Sequence[Post], folder: Path, seed: int) -> list[str]:
    change = perturbation.prepare(posts, seed)
    candidates = posts if perturbation.kind == "rewritten" else _of_distinct_pictures(posts) or posts
    lines: list[str] = []
    found = 0
    for post in candidates:
        altered = change(post)
        if altered == post:
            continue
        found += 1
        if post.images and altered.images and altered.images != post.images:
            read_image(post.images[0]).save(folder / f"{perturbation.name}-{found}-before.png")
            read_image(altered.images[0]).save(folder / f"{perturbation.name}-{found}-after.png")
        if altered.text != post.text:
            lines += [f"{perturbation.name}, post {post.id}", f"  {post.text}", f"  {altered.text}"]
        if found == EXAMPLES:
            break
    return lines


def _of_distinct_pictures(posts: Sequence[Post]) -> list[Post]:
    return list({post.images[0]: post for post in reversed(posts) if post.images}.values())[::-1]
