"""Posts in a file → verdicts in a file: a row out for each row in, in order, resumably, in fixed memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from rumorscope.errors import InputError
from rumorscope.post import Post, Verdict
from rumorscope.scoring.journal import Journal
from rumorscope.scoring.readers import PostFile
from rumorscope.scoring.records import COLUMNS, EVIDENCE, record
from rumorscope.scoring.scorer import BadPost


class Judging(Protocol):
    """What judges: a `Scorer`, or a `Cluster` of them."""

    name: str
    checkpoint: str
    runtime: str

    def __call__(
        self, posts: Iterable[Post | BadPost], *, batch_size: int = 32, explain: bool = False
    ) -> Iterator[Verdict]: ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the rows."""

    rows: int
    resumed: int  # rows that stood already
    rumors: int
    abstained: int
    errors: int


def score_file(
    scorer: Judging,
    posts: PostFile,
    out: Path,
    *,
    batch_size: int = 32,
    explain: bool = False,
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda row: None,
) -> Summary:
    """Judge every row, going on where an earlier run of the same kind stopped.

    `progress` is told each row's number, from 1. Raises InputError where `out` holds something else.
    """
    journal = Journal(out)
    if posts.path.resolve() in {path.resolve() for path in (journal.out, journal.rows, journal.run)}:
        raise InputError(f"--out {out} would overwrite the posts; choose another name")
    if overwrite:
        journal.discard()
    made_from = _made_from(scorer, posts, explain=explain)
    done = journal.begin(made_from)
    if done is not None:
        progress(done["rows"])
        return Summary(**done, resumed=done["rows"])
    with journal.alone():
        resumed = journal.resume_after(batch_size)
        verdicts = scorer(islice(posts, resumed, None), batch_size=batch_size, explain=explain)
        fresh = journal.append(map(record, verdicts), flush_every=batch_size)
        counts = dict.fromkeys(("rows", "rumors", "abstained", "errors"), 0)
        for row in chain(journal.read(resumed), fresh):
            _count(row, counts)
            progress(counts["rows"])
        journal.finish(made_from, counts, (*COLUMNS, EVIDENCE) if explain else COLUMNS)
    return Summary(**counts, resumed=resumed)


def _count(row: dict[str, Any], counts: dict[str, int]) -> None:
    counts["rows"] += 1
    counts["rumors"] += row["label"] == "rumor"
    counts["abstained"] += row["abstained"] is not None
    counts["errors"] += row["error"] is not None


def _made_from(scorer: Judging, posts: PostFile, *, explain: bool) -> dict[str, Any]:
    """What must agree for two runs to write one output."""
    return {
        "input": posts.fingerprint(),
        "image_root": str(posts.image_root.resolve()),
        "detector": scorer.name,
        "checkpoint": scorer.checkpoint,
        "runtime": scorer.runtime,
        "evidence": explain,
    }
