from __future__ import annotations

import json

from rumorscope.post import Contribution, Evidence, Label, Region, RelevanceMap, Verdict
from rumorscope.scoring.records import COLUMNS, record

LACK = ("text: the post has none", "picture: the post has none")


def test_a_verdict_as_plain_values() -> None:
    evidence = Evidence(
        (Region(0, (0, 1, 2, 3), 32, 0.123456789, 1.0, 0.25),),
        (RelevanceMap(0, 32, ((1 / 3, 0.0),)),),
        Contribution(without_text=0.5),
    )
    row = record(Verdict("a", 2 / 3, Label.NON_RUMOR, "micc", "0f", "too close", evidence, missing=LACK))
    assert row == {
        "id": "a",
        "rumor_probability": 0.666667,
        "label": "non_rumor",
        "abstained": "too close",
        "warning": None,
        "missing": "text: the post has none; picture: the post has none",
        "error": None,
        "detector": "micc",
        "checkpoint": "0f",
        "evidence": {
            "regions": [
                {
                    "image": 0,
                    "box_pixels": [0, 1, 2, 3],
                    "scale": 32,
                    "relevance": 0.123457,
                    "weight": 1.0,
                    "probability_without": 0.25,
                }
            ],
            "relevance": [{"image": 0, "scale": 32, "values": [[0.333333, 0.0]]}],
            "contribution": {"without_text": 0.5, "without_images": None},
            "faithfulness": None,
            "claims": [],
            "manipulation": [],
            "failure_modes": {"if_consistent": None, "if_authentic": None, "if_known": None},
        },
    }
    assert json.loads(json.dumps(row)) == row


def test_an_error_has_the_same_columns() -> None:
    row = record(Verdict("a", None, None, "micc", "0f", error="no such image file"))
    assert tuple(row) == COLUMNS
    assert (row["rumor_probability"], row["label"], row["error"]) == (None, None, "no such image file")
