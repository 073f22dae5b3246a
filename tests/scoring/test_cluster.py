"""A cluster's verdicts are one machine's, to the byte, whatever dies on the way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import ray

from rumorscope.errors import InputError
from rumorscope.scoring.cluster import Cluster
from rumorscope.scoring.files import Summary, score_file
from rumorscope.scoring.readers import PostFile
from rumorscope.scoring.scorer import Scorer
from scoring.tiny_run import tiny_run
from tiny import tiny_picture

ROWS = 150
BATCH = 4  # so that a worker's share is 32 rows


@pytest.fixture(scope="module", autouse=True)
def two_processors() -> Iterator[None]:
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=80 * 2**20,
        logging_level=40,
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Scorer]:
    run = tiny_run(tmp_path_factory.mktemp("tiny"))
    return partial(Scorer.load, run, device="cpu", runtime="torch")


@pytest.fixture
def cluster(load: Callable[[], Scorer]) -> Iterator[Cluster]:
    cluster = Cluster(load, workers=2)
    yield cluster
    cluster.close()


@pytest.fixture
def posts(tmp_path: Path) -> PostFile:
    (tmp_path / "teal.png").write_bytes(tiny_picture("teal"))
    rows = [
        {"id": str(n), "text": f"shark number {n} in the street", "images": ["teal.png"] * (n % 3 == 0)}
        for n in range(ROWS)
    ]
    lines = [json.dumps(row) for row in rows]
    lines[7] = "{"
    lines[40] = json.dumps({"id": "40", "text": "a", "images": ["missing.png"]})
    (tmp_path / "posts.jsonl").write_text("\n".join(lines) + "\n")
    return PostFile(tmp_path / "posts.jsonl")


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_the_output_is_that_of_one_machine(
    load: Callable[[], Scorer], cluster: Cluster, posts: PostFile, tmp_path: Path, suffix: str
) -> None:
    alone, together = tmp_path / f"alone{suffix}", tmp_path / f"together{suffix}"
    expected = score_file(load(), posts, alone, batch_size=BATCH)
    found = score_file(cluster, posts, together, batch_size=BATCH)
    assert found == expected == Summary(ROWS, 0, expected.rumors, expected.abstained, errors=2)
    assert together.read_bytes() == alone.read_bytes()


def test_a_worker_that_is_killed_loses_and_doubles_no_row(
    load: Callable[[], Scorer], cluster: Cluster, posts: PostFile, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_at_first(row: int) -> None:
        if not killed:  # the other shares are under way
            killed.append(cluster.processes[1])
            os.kill(killed[0], signal.SIGKILL)

    score_file(load(), posts, tmp_path / "alone.jsonl", batch_size=BATCH)
    score_file(cluster, posts, tmp_path / "together.jsonl", batch_size=BATCH, progress=kill_at_first)
    assert killed
    assert (tmp_path / "together.jsonl").read_bytes() == (tmp_path / "alone.jsonl").read_bytes()


def test_a_run_that_was_stopped_goes_on_where_it_stood(
    load: Callable[[], Scorer], cluster: Cluster, posts: PostFile, tmp_path: Path
) -> None:
    def stop(row: int) -> None:
        if row == 50:
            raise KeyboardInterrupt

    out = tmp_path / "together.jsonl"
    with pytest.raises(KeyboardInterrupt):
        score_file(cluster, posts, out, batch_size=BATCH, progress=stop)
    done = score_file(cluster, posts, out, batch_size=BATCH)
    assert (done.rows, done.resumed) == (ROWS, 48)
    score_file(load(), posts, tmp_path / "alone.jsonl", batch_size=BATCH)
    assert out.read_bytes() == (tmp_path / "alone.jsonl").read_bytes()


def test_a_post_that_kills_every_worker_is_an_error_and_the_others_are_judged(
    load: Callable[[], Scorer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rumorscope.scoring.cluster.ATTEMPTS", 1)  # each takes a new process

    def fatal() -> Scorer:
        class Fatal(Scorer):
            def prepare(self, post):  # type: ignore[no-untyped-def]
                if post.id == "2":
                    os._exit(1)
                return super().prepare(post)

        return Fatal.load(load.args[0], device="cpu", runtime="torch")  # type: ignore[attr-defined]

    lines = [json.dumps({"id": str(n), "text": "shark"}) for n in range(4)]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines))
    cluster = Cluster(fatal, workers=1)
    verdicts = list(cluster(PostFile(tmp_path / "posts.jsonl"), batch_size=2))
    cluster.close()
    assert [verdict.post_id for verdict in verdicts] == ["0", "1", "2", "3"]
    assert [verdict.error is not None for verdict in verdicts] == [False, False, True, False]
    assert "2 workers died over it" in str(verdicts[2].error)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, load: Callable[[], Scorer]) -> None:
    monkeypatch.setattr("rumorscope.scoring.cluster.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"rumorscope\[ray\]"):
        Cluster(load)
