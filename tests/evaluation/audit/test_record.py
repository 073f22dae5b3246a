"""The record of an audit survives being stored as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from rumorscope.evaluation.audit.record import (
    Audit,
    Example,
    Lookup,
    Overlap,
    Part,
    Period,
    Repeats,
    Times,
    Trace,
)
from rumorscope.evaluation.bootstrap import Interval

START, END = datetime(2015, 1, 7, 11, 12, 44, 764000, tzinfo=UTC), datetime(2015, 3, 1, tzinfo=UTC)
AUDIT = Audit(
    sentence="Do not trust this split: …",
    grade="not trusted",
    parts=(Part("train", 80, 40, 39, 12), Part("test", 20, 0, 0, 3)),
    majority_accuracy=0.576,
    lookups=(Lookup("picture", 0.99, 0.994, Interval(0.98, 1.0), 0.418, None),),
    overlaps=(Overlap("text", "train", "test", 5, 20, 2, (Example("网传鲨鱼", ("1", "2")),)),),
    repeats=(Repeats("event", 3, 100, 60, 3, 2, 0.25, ()),),
    times=Times((Period("train", 80, START, END),), None, None),
    traces=(Trace("id", "train to test", 20, 0.5, 0.6, 0.5, None, False),),
    notes=("no post names its user",),
)


def test_an_audit_comes_back_from_json_as_it_was() -> None:
    stored = json.dumps(AUDIT.as_dict())
    assert Audit.from_dict(json.loads(stored)) == AUDIT
    assert json.loads(stored)["trusted"] is False


def test_shares_and_counts() -> None:
    assert AUDIT.posts == {"train": 80, "test": 20}
    assert AUDIT.overlaps[0].share == 0.25
    assert [part.rumor_share for part in AUDIT.parts] == [40 / 79, None]


def test_anything_else_is_refused() -> None:
    with pytest.raises(ValidationError):
        Audit.from_dict({**AUDIT.as_dict(), "grade": "fine"})
