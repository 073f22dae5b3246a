from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rumorscope.errors import InputError
from rumorscope.post import Label, Verdict
from rumorscope.scoring.records import record
from rumorscope.service.review import loading
from rumorscope.service.review.loading import read_texts, read_verdicts
from service.review.filed import ROWS, row, write


def test_every_row_is_read_or_told(tmp_path: Path) -> None:
    path = write(
        tmp_path / "v.jsonl", (*ROWS, "{", "[]", row("x", 1.5), row("y", 0.9, label=None), row("z", 0.2))
    )
    file = read_verdicts(path)
    assert [found.id for found in file.verdicts] == ["sure", "near", "torn", "calm", "cut", "z"]
    assert [bad.place for bad in file.bad] == ["line 6", "line 7", "line 8", "line 9"]
    assert "JSON" in file.bad[0].reason
    assert "rumor_probability" in file.bad[2].reason
    assert "a probability and a label, or else an error" in file.bad[3].reason
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_score_writes_is_read_and_its_evidence_left_out(tmp_path: Path) -> None:
    verdict = Verdict("1", 0.75, Label.RUMOR, "micc", "0f", warning="unlike", missing=("picture: none",))
    written = record(verdict) | {"evidence": {"regions": []}}
    (read,) = read_verdicts(write(tmp_path / "v.jsonl", (written,))).verdicts
    assert read.model_dump() == record(verdict)


@pytest.mark.parametrize(
    ("rows", "threshold"),
    [
        ((row("a", 0.3), row("b", 0.7)), 0.5),
        ((row("a", 0.62, label="non_rumor"), row("b", 0.7)), 0.62),
        ((row("a", 0.1), row("b", 0.31, label="rumor")), 0.31),
        ((row("a", None), row("b", 0.9)), 0.5),
    ],
)
def test_the_threshold_is_one_half_unless_the_labels_say_otherwise(
    tmp_path: Path, rows: tuple[dict[str, object], ...], threshold: float
) -> None:
    assert read_verdicts(write(tmp_path / "v.jsonl", rows)).threshold == threshold


def test_a_file_without_a_verdict_is_refused_with_its_first_flaw(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no line is a verdict.*line 1: not valid JSON"):
        read_verdicts(write(tmp_path / "v.jsonl", ("this is text",)))
    with pytest.raises(InputError, match="no line is a verdict"):
        read_verdicts(write(tmp_path / "v.jsonl", ()))


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        read_verdicts(write(tmp_path / "v.jsonl"))


def test_texts_are_read_though_their_pictures_are_elsewhere(tmp_path: Path) -> None:
    posts = ({"id": "a", "text": "Shark!", "images": ["nowhere.jpg"]}, {"id": "b", "images": ["x.jpg"]}, "{")
    path = write(tmp_path / "posts.jsonl", posts)
    assert list(read_texts(path)) == [("a", "Shark!")]
    table = tmp_path / "posts.csv"
    table.write_text("id,text\n7,大桥垮塌\n", encoding="utf-8")
    assert list(read_texts(table)) == [("7", "大桥垮塌")]
