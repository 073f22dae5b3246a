from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reporting.fabricated import cell_result, comparison
from rumorscope.evaluation.experiments.results import PostClusters, Results
from rumorscope.evaluation.predictions import Predictions
from rumorscope.post import Label
from rumorscope.reporting.mistakes import SHOWN, Mistakes, worst_mistakes
from rumorscope.reporting.sections import read_section
from rumorscope.training.config import DataConfig
from scoring.tiny_run import tiny_run
from tiny import tiny_picture, tiny_posts


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The tiny posts as test posts, all answered wrongly, and the run that is said to have done so."""
    folder = tmp_path_factory.mktemp("mistakes")
    data = folder / "data"
    data.mkdir()
    (data / "fish.png").write_bytes(tiny_picture("red", size=(800, 600)))
    posts = tiny_posts()
    rows: list[dict[str, Any]] = [
        {
            "id": post.id,
            "text": post.text,
            "label": int(post.label or 0),
            "split": "test",
            "event": post.event,
        }
        | ({"file_names": ["fish.png"]} if post.id in "07" else {})
        for post in posts
    ]
    (data / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    labels = np.array([int(post.label or 0) for post in posts])
    found = Predictions(tuple(post.id for post in posts), labels, np.where(labels == 1, 0.1, 0.9),
                        tuple(post.event for post in posts))  # fmt: skip
    result = cell_result("micc", "tiny", found, folder=tiny_run(folder))
    run = result.cell.run.model_copy(update={"data": DataConfig(folders=(data,))})
    result = replace(result, cell=replace(result.cell, run=run))
    clusters = PostClusters("image", {post.id: int(post.id) % 7 for post in posts})  # 0 and 7 share a picture
    return Results("Tiny", "compare", {}, (result,), {}, {"tiny": clusters})


def mistakes(results: Results, *, pictures: bool) -> Mistakes:
    found = worst_mistakes(results, "tiny", read_section(results, "tiny", 1).estimates, pictures=pictures)
    assert found is not None
    return found


def test_the_surest_wrong_answers_come_first_one_of_each_cluster() -> None:
    results = comparison(rows={"text TF-IDF": 2.0, "micc": 0.8, "weak": 0.1}, data=("twitter",))
    section = read_section(results, "twitter", 1)
    found = worst_mistakes(results, "twitter", section.estimates, pictures=False)
    assert found is not None
    assert found.row == "micc"  # the regression leads, but needs no seed
    pooled = results.pooled("micc", "twitter")
    wrong = pooled.called[0] != (pooled.labels == 1)
    assert (found.of, found.posts) == (wrong.sum(), 120)
    distance = np.where(wrong, np.abs(pooled.probabilities[0] - pooled.labels), -1)
    assert found.mistakes[0].id == pooled.ids[int(distance.argmax())]
    sure = [abs(m.probability - m.label) for m in found.mistakes]
    assert sure == sorted(sure, reverse=True)
    assert len({int(m.id.split("-")[1]) // 3 for m in found.mistakes}) == len(found.mistakes) <= SHOWN


def test_posts_come_with_text_pictures_and_evidence(judged: Results) -> None:
    found = mistakes(judged, pictures=True)
    assert found.note is None
    assert len(found.mistakes) == SHOWN
    fish = next(m for m in found.mistakes if m.id == "0")
    assert fish.label is Label.RUMOR
    assert fish.text == "Shark swimming in the street after the storm"
    assert any("Without the picture" in reason for reason in fish.reasons)
    [picture] = fish.pictures
    image = Image.open(io.BytesIO(base64.b64decode(picture.removeprefix("data:image/jpeg;base64,"))))
    assert max(image.size) == 360
    assert len(image.getcolors(100_000) or ()) > 10  # regions are drawn


def test_a_look_at_the_test_posts_is_recorded(judged: Results) -> None:
    [result] = judged.cells
    mistakes(judged, pictures=True)
    lines = [path.read_text().splitlines() for path in result.folder.rglob("openings.jsonl")]
    before = len(lines[0])
    mistakes(judged, pictures=True)
    assert len(next(result.folder.rglob("openings.jsonl")).read_text().splitlines()) == before + 1
    mistakes(judged, pictures=False)
    assert len(next(result.folder.rglob("openings.jsonl")).read_text().splitlines()) == before + 1


def test_without_pictures_there_are_ids_and_numbers_only(judged: Results) -> None:
    found = mistakes(judged, pictures=False)
    assert all(m.post is None and m.text == "" and m.pictures == () for m in found.mistakes)
    assert found.table.rows[0][1:3] in {("rumor", 0.1), ("non-rumor", 0.9)}


def test_what_is_gone_is_said(judged: Results, tmp_path: Path) -> None:
    cells = (replace(judged.cells[0], folder=tmp_path / "gone"),)
    found = mistakes(replace(judged, cells=cells), pictures=True)
    assert "The posts cannot be shown: there is no folder" in str(found.note)
    assert found.mistakes
    assert found.mistakes[0].post is None


def test_without_a_trained_row_there_is_nobody_to_ask() -> None:
    results = comparison(rows={"majority": 0.0}, data=("twitter",))
    estimates = read_section(results, "twitter", 1).estimates
    assert worst_mistakes(results, "twitter", estimates, pictures=True) is None
