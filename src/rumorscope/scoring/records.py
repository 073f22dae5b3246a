"""A verdict as plain values: one row of an output file, or the answer to a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rumorscope.post import Verdict

COLUMNS = (
    "id",
    "rumor_probability",
    "label",
    "abstained",
    "warning",
    "missing",
    "error",
    "detector",
    "checkpoint",
)
EVIDENCE = "evidence"
_DECIMALS = 6  # float32 carries no more


def record(verdict: Verdict) -> dict[str, Any]:
    """The columns above, and `evidence` where the verdict has some."""
    row: dict[str, Any] = {
        "id": verdict.post_id,
        "rumor_probability": verdict.rumor_probability,
        "label": verdict.label.name.lower() if verdict.label is not None else None,
        "abstained": verdict.abstained,
        "warning": verdict.warning,
        "missing": "; ".join(verdict.missing) or None,
        "error": verdict.error,
        "detector": verdict.detector,
        "checkpoint": verdict.checkpoint,
    }
    if verdict.evidence is not None:
        row[EVIDENCE] = asdict(verdict.evidence)
    rounded: dict[str, Any] = _rounded(row)
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
