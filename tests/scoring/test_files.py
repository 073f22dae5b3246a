from __future__ import annotations

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rumorscope.errors import InputError
from rumorscope.scoring import journal
from rumorscope.scoring.files import Summary, score_file
from rumorscope.scoring.readers import PostFile
from rumorscope.training.checkpoint import Calibration
from scoring.toy import picture, text_posts, toy_scorer


def posts_file(folder: Path, count: int, *, bad: bool = False) -> Path:
    path = folder / "posts.jsonl"
    lines = [json.dumps({"id": post.id, "text": post.text}) for post in text_posts(count)]
    if bad:
        lines[1], lines[3] = "{", json.dumps({"id": "3", "text": "sea", "image": "https://example.org/x.png"})
    path.write_text("\n".join(lines) + "\n")
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_out_for_each_row_in(tmp_path: Path) -> None:
    posts = PostFile(posts_file(tmp_path, 9, bad=True))
    summary = score_file(toy_scorer(), posts, tmp_path / "verdicts.jsonl", batch_size=4)
    rows = rows_of(tmp_path / "verdicts.jsonl")
    assert [row["id"] for row in rows] == ["0", "line 2", "2", "3", "4", "5", "6", "7", "8"]
    alone = {v.post_id: v.rumor_probability for v in toy_scorer()(text_posts(9))}
    for row in rows:
        assert (row["error"] is None) == (row["id"] not in ("line 2", "3"))
        if row["error"] is None:
            assert row["rumor_probability"] == pytest.approx(alone[row["id"]], abs=1e-6)
            assert row["label"] == "rumor"
            assert (row["detector"], row["checkpoint"]) == ("toy", "0123456789abcdef")
    assert summary == Summary(rows=9, resumed=0, rumors=7, abstained=0, errors=2)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("explain", [False, True])
def test_every_format_holds_the_same_rows(kind: str, explain: bool, tmp_path: Path) -> None:
    picture(tmp_path / "white.png")
    (tmp_path / "posts.jsonl").write_text(
        '{"id": "a", "text": "the sea", "image": "white.png"}\n{"id": "b\\nb", "text": ""}\n'
    )
    for name in ("verdicts.jsonl", f"verdicts.{kind}"):
        score_file(toy_scorer(), PostFile(tmp_path / "posts.jsonl"), tmp_path / name, explain=explain)
    lines, table = rows_of(tmp_path / "verdicts.jsonl"), rows_of(tmp_path / f"verdicts.{kind}")
    assert ("evidence" in lines[0]) == explain
    for line, row in zip(lines, table, strict=True):
        for column, value in row.items():
            expected = line.get(column)
            if column == "evidence":
                assert (json.loads(value) if value else None) == expected
            elif kind == "csv":
                assert value == ("" if expected is None else str(expected))
            else:
                assert value == expected
    assert sorted(path.name for path in tmp_path.glob("*verdicts*")) == sorted(
        ["verdicts.jsonl", "verdicts.jsonl.run.json", f"verdicts.{kind}", f"verdicts.{kind}.run.json"]
    )


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_half_a_character_anywhere_in_a_row_ends_no_run(kind: str, tmp_path: Path) -> None:
    half = '"\\ud800"'
    rows = [
        f'{{"id": {half}, "text": 5}}',
        f'{{"id": "b", "image": {half}}}',
        f'{{"id": "c", "text": {half}}}',
    ]
    (tmp_path / "posts.jsonl").write_text("\n".join(rows))
    score_file(toy_scorer(), PostFile(tmp_path / "posts.jsonl"), tmp_path / f"verdicts.{kind}")
    found = rows_of(tmp_path / f"verdicts.{kind}")
    assert [row["id"] for row in found] == ["\ufffd", "b", "c"]
    assert [bool(row["error"]) for row in found] == [True, True, False]


class Interruption(BaseException):
    pass


def stop_after(rows: int) -> Any:
    def progress(row: int) -> None:
        if row >= rows:
            raise Interruption

    return progress


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("stop", [1, 4, 6, 11])
def test_resuming_gives_what_an_uninterrupted_run_gives(kind: str, stop: int, tmp_path: Path) -> None:
    posts = PostFile(posts_file(tmp_path, 11, bad=True))
    whole, broken = tmp_path / f"whole.{kind}", tmp_path / f"broken.{kind}"
    score_file(toy_scorer(), posts, whole, batch_size=4)
    with pytest.raises(Interruption):
        score_file(toy_scorer(), posts, broken, batch_size=4, progress=stop_after(stop))
    told: list[int] = []
    summary = score_file(toy_scorer(), posts, broken, batch_size=4, progress=told.append)
    assert rows_of(broken) == rows_of(whole)
    assert summary == Summary(rows=11, resumed=stop // 4 * 4, rumors=9, abstained=0, errors=2)
    assert told == list(range(1, 12))


def test_a_half_written_last_line_is_cut(tmp_path: Path) -> None:
    posts, out = PostFile(posts_file(tmp_path, 8)), tmp_path / "verdicts.jsonl"
    score_file(toy_scorer(), posts, tmp_path / "whole.jsonl", batch_size=2)
    with pytest.raises(Interruption):
        score_file(toy_scorer(), posts, out, batch_size=2, progress=stop_after(4))
    with out.open("a") as file:
        file.write('{"id": "4", "rumor_proba')
    assert score_file(toy_scorer(), posts, out, batch_size=2).resumed == 4
    assert rows_of(out) == rows_of(tmp_path / "whole.jsonl")


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    posts = PostFile(posts_file(tmp_path, 5))
    for name in ("verdicts.jsonl", "verdicts.parquet"):
        first = score_file(toy_scorer(), posts, tmp_path / name)
        written = (tmp_path / name).stat().st_mtime_ns
        again = score_file(toy_scorer(), posts, tmp_path / name)
        assert (again.rows, again.rumors, again.resumed) == (first.rows, first.rumors, 5)
        assert (tmp_path / name).stat().st_mtime_ns == written


def test_nothing_else_is_appended_to_an_output(tmp_path: Path) -> None:
    path, out = posts_file(tmp_path, 5), tmp_path / "verdicts.jsonl"
    with pytest.raises(Interruption):
        score_file(toy_scorer(), PostFile(path), out, progress=stop_after(2))
    with pytest.raises(InputError, match="another checkpoint"):
        score_file(toy_scorer(checkpoint="f" * 16), PostFile(path), out)
    with pytest.raises(InputError, match="another evidence"):
        score_file(toy_scorer(), PostFile(path), out, explain=True)
    posts_file(tmp_path, 6)
    with pytest.raises(InputError, match=r"another input .*--overwrite"):
        score_file(toy_scorer(), PostFile(path), out)
    assert score_file(toy_scorer(), PostFile(path), out, overwrite=True).rows == 6
    assert len(rows_of(out)) == 6


def test_a_file_of_the_users_is_never_replaced(tmp_path: Path) -> None:
    path = posts_file(tmp_path, 2)
    before = path.read_bytes()
    with pytest.raises(InputError, match="overwrite the posts"):
        score_file(toy_scorer(), PostFile(path), path, overwrite=True)
    growing = path.rename(tmp_path / "posts.csv.partial.jsonl")
    with pytest.raises(InputError, match="overwrite the posts"):
        score_file(toy_scorer(), PostFile(growing), tmp_path / "posts.csv", overwrite=True)
    growing.rename(path)
    (tmp_path / "notes.csv").write_text("mine")
    with pytest.raises(InputError, match=r"exists.*--overwrite"):
        score_file(toy_scorer(), PostFile(path), tmp_path / "notes.csv")
    with pytest.raises(InputError, match=r"must end in \.jsonl, \.csv, \.parquet"):
        score_file(toy_scorer(), PostFile(path), tmp_path / "verdicts.xlsx")
    assert path.read_bytes() == before
    assert (tmp_path / "notes.csv").read_text() == "mine"


def test_an_output_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    posts, out = PostFile(posts_file(tmp_path, 6)), tmp_path / "verdicts.jsonl"
    score_file(toy_scorer(), posts, out)
    out.unlink()
    with pytest.raises(Interruption):
        score_file(toy_scorer(), posts, out, batch_size=2, progress=stop_after(3))
    assert score_file(toy_scorer(), posts, out, batch_size=2) == Summary(6, 2, 6, 0, 0)
    assert len(rows_of(out)) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_two_processes_never_write_one_output(tmp_path: Path) -> None:
    posts, out = PostFile(posts_file(tmp_path, 6)), tmp_path / "verdicts.jsonl"

    def start_another(row: int) -> None:
        with pytest.raises(InputError, match="another process is writing"):
            score_file(toy_scorer(), posts, out)

    score_file(toy_scorer(), posts, out, progress=start_another)
    assert len(rows_of(out)) == 6


def test_a_damaged_note_is_told(tmp_path: Path) -> None:
    (tmp_path / "verdicts.jsonl.run.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        score_file(toy_scorer(), PostFile(posts_file(tmp_path, 2)), tmp_path / "verdicts.jsonl")


def test_no_rows_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("")
    for name in ("verdicts.jsonl", "verdicts.csv", "verdicts.parquet"):
        assert score_file(toy_scorer(), PostFile(tmp_path / "posts.jsonl"), tmp_path / name).rows == 0
        assert rows_of(tmp_path / name) == []


def test_abstentions_are_counted(tmp_path: Path) -> None:
    unsure = toy_scorer(Calibration(uncertain=0.5))
    assert score_file(unsure, PostFile(posts_file(tmp_path, 3)), tmp_path / "verdicts.csv").abstained == 3


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak_bytes(count: int) -> int:
        posts = PostFile(posts_file(tmp_path, count))
        tracemalloc.start()
        score_file(toy_scorer(), posts, tmp_path / "verdicts.jsonl", batch_size=8, overwrite=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(50)  # what is loaded once
    few, many = peak_bytes(100), peak_bytes(1500)
    assert many < few + 100_000


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_appears_whole_or_not_at_all(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts, out = PostFile(posts_file(tmp_path, 6)), tmp_path / f"verdicts.{kind}"
    write = getattr(journal, f"_write_{kind}")

    def write_half(path: Path, columns: Any, rows: Any) -> None:
        write(path, columns, itertools.islice(rows, 3))
        raise Interruption

    with monkeypatch.context() as patch:
        patch.setattr(journal, f"_write_{kind}", write_half)
        with pytest.raises(Interruption):
            score_file(toy_scorer(), posts, out, batch_size=2)
    assert not out.exists()
    assert score_file(toy_scorer(), posts, out, batch_size=2).resumed == 6
    assert [row["id"] for row in rows_of(out)] == [str(n) for n in range(6)]


SLOW_RUN = """
import sys, time
from pathlib import Path
from scoring.toy import toy_scorer
from rumorscope.scoring import journal
from rumorscope.scoring.files import score_file
from rumorscope.scoring.readers import PostFile
score_file(toy_scorer(), PostFile(Path(sys.argv[1])), Path(sys.argv[2]), batch_size=4,
           progress=lambda row: time.sleep(0.02))
"""


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_survives_a_kill(kind: str, tmp_path: Path) -> None:
    path, out = posts_file(tmp_path, 400), tmp_path / f"verdicts.{kind}"
    growing = out if kind == "jsonl" else out.with_name(f"{out.name}.partial.jsonl")
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, str(path), str(out)], env=os.environ | {"PYTHONPATH": paths}
    )
    while process.poll() is None and not (growing.exists() and growing.stat().st_size > 2500):
        time.sleep(0.01)
    assert process.poll() is None, "the run ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    posts = PostFile(path)
    assert score_file(toy_scorer(), posts, out, batch_size=4).resumed >= 8
    score_file(toy_scorer(), posts, tmp_path / f"whole.{kind}", batch_size=4)
    assert rows_of(out) == rows_of(tmp_path / f"whole.{kind}")
    assert [row["id"] for row in rows_of(out)] == [str(n) for n in range(400)]
