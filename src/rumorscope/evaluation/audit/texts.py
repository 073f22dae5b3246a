"""Texts that say the same in nearly the same words: retweets, copies with another hashtag, cut-off ends.

A text is the set of its neighbouring pairs of tokens: a token is a word, or one character of a script
without spaces (Chinese, Japanese). Two texts are near-duplicates where their sets have a Jaccard similarity
of at least `SIMILAR`. MinHash with banding (Broder 1997; Leskovec et al. 2014, ch. 3; by `datasketch`)
proposes the pairs, and the true similarity decides, so that no unlucky hash calls texts similar. **N** posts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from rumorscope.data.parallel import Progress, no_progress
from rumorscope.data.shared_pictures import linked_groups
from rumorscope.data.text import clean_text

SIMILAR = 0.7
_BANDS, _ROWS = 25, 5  # finds a pair of similarity 0.7 with probability 0.99, and one of 0.8 with 0.9999
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")

Shingles = frozenset[tuple[str, ...]]


def same_text(text: str) -> str:
    """What equal texts have in common: the clean text without differences of case. Empty for bare URLs."""
    return clean_text(text).casefold()


def shingles(text: str) -> Shingles:
    """The neighbouring pairs of tokens; a lone token stands for itself, and punctuation is no token."""
    tokens: list[str] = _TOKEN.findall(text)
    return frozenset(pairwise(tokens)) if len(tokens) > 1 else frozenset([(*tokens,)])


def jaccard(first: Shingles, second: Shingles) -> float:
    """The share of what either holds that both hold."""
    return len(first & second) / len(first | second)


def similar_text_groups(texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.int64]:
    """(N,) the number, from 0, of the group of each text, as `same_text` gave it.

    Near-duplicates, directly or through others, are one group; so are texts of no token at all.
    """
    sets = [shingles(text) for text in texts]
    row = {shingle_set: index for index, shingle_set in enumerate(dict.fromkeys(sets))}
    edges = list(_similar_pairs(list(row), progress))
    groups = linked_groups(np.array(edges, dtype=np.int64).reshape(-1, 2), len(row))
    return groups[[row[shingle_set] for shingle_set in sets]]


def _similar_pairs(sets: Sequence[Shingles], progress: Progress) -> Iterator[tuple[int, int]]:
    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    encoded = ([" ".join(shingle).encode() for shingle in shingle_set] for shingle_set in sets)
    hashes = MinHash.generator(encoded, num_perm=_BANDS * _ROWS)
    shown = progress(map(str, range(len(sets))), len(sets))
    for number, (hashed, _) in enumerate(zip(hashes, shown, strict=True)):
        for other in index.query(hashed):
            if jaccard(sets[number], sets[other]) >= SIMILAR:
                yield other, number
        index.insert(number, hashed)
