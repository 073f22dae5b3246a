"""The detector that the package carries: there, small, and answering as it did when it was packed.

The recorded probabilities come from `python tests/scoring/test_compact.py`, and change with the checkpoint.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rumorscope.post import Post
from rumorscope.scoring.scorer import Scorer
from rumorscope.training.checkpoint import resolve_checkpoint

RECORDED = Path(__file__).with_name("compact_recorded.json")
FOLDER_BYTES = 25_000_000


def _posts(folder: Path) -> list[Post]:
    picture = folder / "gradient.png"
    Image.linear_gradient("L").resize((320, 200)).convert("RGB").save(picture)
    return [
        Post("text", "BREAKING: shark swims down the flooded highway!! RT"),
        Post("both", "Sunset over the bay this evening.", (picture,)),
        Post("chinese", "【紧急扩散】自来水有毒，请大家不要喝！", (picture,)),
        Post("picture", "", (picture,)),
    ]


def _answers(folder: Path) -> dict[str, float | None]:
    verdicts = Scorer.load("compact", device="cpu")(_posts(folder))
    return {verdict.post_id: verdict.rumor_probability for verdict in verdicts}


def test_it_answers_as_when_it_was_packed(tmp_path: Path) -> None:
    assert _answers(tmp_path) == pytest.approx(json.loads(RECORDED.read_text()), abs=2e-3)


def test_it_is_small_and_holds_no_code() -> None:
    found = [path for path in resolve_checkpoint("compact").rglob("*") if path.is_file()]
    files = [path for path in found if path.name != "openings.jsonl"]  # what `rumorscope evaluate` keeps
    assert sum(path.stat().st_size for path in files) <= FOLDER_BYTES
    assert {path.suffix for path in files} <= {".safetensors", ".json"}


def test_it_shows_its_evidence(tmp_path: Path) -> None:
    [verdict] = Scorer.load("compact", device="cpu")(_posts(tmp_path)[1:2], explain=True)
    assert verdict.evidence is not None
    assert [region.scale for region in verdict.evidence.regions].count(256) == 1  # the whole picture
    assert sum(region.weight for region in verdict.evidence.regions) == pytest.approx(1)
    assert verdict.evidence.contribution.without_text is not None


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        RECORDED.write_text(json.dumps(_answers(Path(name)), indent=2) + "\n")
