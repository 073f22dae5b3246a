"""Which posts show the same pictures, whatever their files are called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rumorscope.data.images import image_key
from rumorscope.post import ImageSource, Post


def picture_keys(posts: Sequence[Post]) -> dict[ImageSource, str]:
    """The key of the content of every picture of the posts; each file is read once."""
    return {source: image_key(source) for source in dict.fromkeys(s for post in posts for s in post.images)}


def picture_groups(posts: Sequence[Post]) -> NDArray[np.int64]:
    """(N,) the number, from 0, of the group that each post is in.

    Posts that share a picture, directly or through other posts, are one group: a connected component of the
    graph of posts and pictures. A post without pictures is a group of its own.
    """
    keys = picture_keys(posts)
    number = {key: len(posts) + index for index, key in enumerate(dict.fromkeys(keys.values()))}
    edges = [(row, number[keys[source]]) for row, post in enumerate(posts) for source in post.images]
    return linked_groups(np.array(edges, dtype=np.int64).reshape(-1, 2), len(posts) + len(number))[
        : len(posts)
    ]


def linked_groups(edges: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """(nodes,) the number, from 0, of the connected component of each node; edges are (M, 2) node numbers."""
    from scipy.sparse import coo_array  # takes longer to import than everything else here
    from scipy.sparse.csgraph import connected_components

    rows, columns = edges.T
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
