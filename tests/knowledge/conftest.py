"""A small store of made-up knowledge, in ConceptNet's published form."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rumorscope.knowledge.building import build_store
from rumorscope.knowledge.store import ConceptStore

FACTS = [
    ("IsA", "en/telescope/n", "en/instrument", 2.0),
    ("UsedFor", "en/telescope", "en/look_at_stars", 4.0),
    ("UsedFor", "en/telescope", "en/see_far_away", 1.0),
    ("UsedFor", "en/telescope", "en/watch_the_moon", 1.0),
    ("IsA", "en/hubble_telescope", "en/telescope", 1.0),
    ("RelatedTo", "en/telescope", "en/star", 3.0),
    ("CapableOf", "en/dog", "en/bark", 6.0),
    ("IsA", "en/dog", "en/animal", 2.0),
    ("AtLocation", "en/shark", "en/sea", 2.0),
    ("IsA", "en/red_horse", "en/animal", 1.0),
    ("IsA", "en/house", "en/building", 1.0),
    ("IsA", "en/photo", "en/picture", 1.0),
    ("IsA", "en/boeing_747", "en/aircraft", 1.0),
    ("IsA", "zh/望远镜", "zh/仪器", 1.0),
    ("Synonym", "zh/狗", "en/dog", 1.5),
    ("IsA", "fr/chien", "fr/animal", 1.0),
]


def line(relation: str, head: str, tail: str, weight: float) -> str:
    """An assertion as ConceptNet 5.7 publishes it."""
    details = json.dumps({"dataset": "/d/made", "sources": [{"contributor": "/s/us"}], "weight": weight})
    uri = f"/a/[/r/{relation}/,/c/{head}/,/c/{tail}/]"
    return "\t".join([uri, f"/r/{relation}", f"/c/{head}", f"/c/{tail}", details])


def write_gzip(path: Path, lines: list[str]) -> Path:
    """A published file of these lines."""
    path.write_bytes(gzip.compress("".join(f"{one}\n" for one in lines).encode(), mtime=0))
    return path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The facts in one compressed file."""
    path = tmp_path_factory.mktemp("published") / "assertions.csv.gz"
    return write_gzip(path, [line(*fact) for fact in FACTS])


@pytest.fixture(scope="session")
def store(published: Path, tmp_path_factory: pytest.TempPathFactory) -> ConceptStore:
    """A store of the facts in English and Chinese."""
    path = tmp_path_factory.mktemp("store") / "knowledge.sqlite"
    build_store(published, path)
    return ConceptStore(path)
