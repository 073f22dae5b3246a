"""How fast a concept store is built, in how much memory, and how long a look-up takes.

    python benchmarks/knowledge.py

The lines are made up, in the form and about the length of ConceptNet 5.7's; every one is kept, whereas most of
the published file's are in other languages and cost less. Heads and tails follow a power law, so that some terms
have thousands of edges. Each build runs in a process of its own, whose greatest memory is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np

from rumorscope.knowledge.building import build_store
from rumorscope.knowledge.linking import known_about
from rumorscope.knowledge.store import ConceptStore
from rumorscope.post import Triple

RELATIONS = ("RelatedTo", "IsA", "UsedFor", "AtLocation", "CapableOf", "HasA", "PartOf", "Synonym")
DETAILS = {
    "dataset": "/d/synthetic",
    "license": "cc:by-sa/4.0",
    "sources": [{"contributor": "/s/contributor/made/up", "process": "/s/process/benchmark"}],
}


def main() -> None:
    """Print a table of builds and one of look-ups."""
    options = _options()
    if options.build:
        _build(*options.build)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        print(
            f"{'lines':>10}{'seconds':>9}{'lines/s':>10}{'CPU s':>8}{'peak MiB':>10}{'MB read':>9}{'MB store':>10}"
        )
        for lines in (*options.lines, options.edges):
            source, store = folder / f"{lines}.csv.gz", folder / f"{lines}.sqlite"
            _write(source, lines)
            done = json.loads(_in_own_process("--build", source, store))
            read, written = (path.stat().st_size / 1e6 for path in (source, store))
            seconds, cpu, peak = done["seconds"], done["cpu_seconds"], done["mebibytes"]
            print(
                f"{lines:10,}{seconds:9.1f}{lines / seconds:10,.0f}{cpu:8.1f}{peak:10.0f}{read:9.0f}{written:10.0f}"
            )
        _look_ups(folder / f"{options.edges}.sqlite", options.look_ups)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--lines", type=int, nargs="+", default=[250_000, 1_000_000], help="of the files built"
    )
    parser.add_argument("--edges", type=int, default=3_000_000, help="lines of the store that is asked")
    parser.add_argument("--look-ups", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where to write; removed afterwards")
    parser.add_argument("--build", type=Path, nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_own_process(*arguments: object) -> str:
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _build(source: Path, store: Path) -> None:
    account = build_store(source, store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kibibytes on Linux
    done = {"seconds": account.seconds, "cpu_seconds": time.process_time(), "mebibytes": peak}
    print(json.dumps(done))


def _write(path: Path, lines: int) -> None:
    random = np.random.default_rng(0)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        for start in range(0, lines, 100_000):
            file.writelines(_line(*edge) for edge in _edges(random, min(100_000, lines - start)))


def _edges(random: np.random.Generator, count: int) -> list[tuple[str, str, str, float]]:
    ends = random.zipf(1.1, (2, count)) % 2_000_000
    relations = random.integers(len(RELATIONS), size=count)
    weights = random.choice([0.5, 1.0, 2.0, 3.46], count)
    return [
        (_term(head), RELATIONS[relation], _term(tail), float(weight))
        for head, tail, relation, weight in zip(*ends, relations, weights, strict=True)
    ]


def _term(number: int) -> str:
    """A made-up word, or two, of open syllables."""
    syllables = []
    while number or not syllables:
        number, syllable = divmod(number, 100)
        syllables.append("bdfgklmnprstvwzchjqx"[syllable // 5] + "aeiou"[syllable % 5])
    first, second = "".join(syllables[:2]), "".join(syllables[2:])
    return f"{first}n {second}sa" if second else f"{first}ra"


def _line(head: str, relation: str, tail: str, weight: float) -> str:
    start, end = (f"/c/en/{text.replace(' ', '_')}" for text in (head, tail))
    details = json.dumps(DETAILS | {"weight": weight})
    return f"/a/[/r/{relation}/,{start}/,{end}/]\t/r/{relation}\t{start}\t{end}\t{details}\n"


def _look_ups(path: Path, count: int) -> None:
    random = np.random.default_rng(1)
    edges = _edges(np.random.default_rng(0), 100_000)  # some that the store holds
    known = [Triple(*edges[place][:3]) for place in random.integers(len(edges), size=count)]
    claims = [Triple(one.head, one.relation, other.tail) for one, other in pairwise(known)]
    store = ConceptStore(path)
    print(f"\n{store.edges:,} edges, {store.terms:,} terms, {count:,} look-ups")
    print(f"{'':44}{'median ms':>11}{'p99 ms':>9}{'longest':>9}{'a second':>10}")
    _time("supporting, claims (head and relation known)", store.supporting, claims)
    _time("supporting, known triples", store.supporting, known)
    _time("known_about, claims (linked)", lambda one: known_about(store, one), claims)
    misspelt = [Triple(f"{one.head[:-1]}zz", one.relation, one.tail) for one in claims[: count // 10]]
    _time("known_about, unknown heads", lambda one: known_about(store, one), misspelt)
    _time("supporting, claims, 4 threads", store.supporting, claims, threads=4)


def _time(what: str, ask: Callable[[Triple], object], triples: list[Triple], threads: int = 1) -> None:
    def timed(triple: Triple) -> float:
        start = time.perf_counter()
        ask(triple)
        return time.perf_counter() - start

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        seconds = np.array(list(pool.map(timed, triples)))
    rate = len(triples) / (time.perf_counter() - start)
    median, high, longest = 1e3 * np.percentile(seconds, [50, 99, 100])
    print(f"{what:44}{median:11.3f}{high:9.3f}{longest:9.1f}{rate:10,.0f}")


if __name__ == "__main__":
    main()
