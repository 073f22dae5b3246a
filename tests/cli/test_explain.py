from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from rumorscope.cli import app
from rumorscope.errors import InputError
from scoring.tiny_run import tiny_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_run(tmp_path_factory.mktemp("tiny"))


def explain(*words: object) -> str:
    result = CliRunner().invoke(app, ["explain", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_writes_one_page(run: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise.png"
    Image.effect_noise((80, 60), 60).convert("RGB").save(noise)
    page = tmp_path / "pages" / "shark.html"
    said = explain("Shark <b>in</b> the street", "--image", noise, "--out", page, "--run", run)
    html = page.read_text(encoding="utf-8")
    assert str(page) in said
    assert "Shark &lt;b&gt;in&lt;/b&gt; the street" in html
    assert html.count('class="box"') == 4  # two scales, two regions each
    assert "without region 4" in html
    assert "Relevance, 16 px" in html


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Shark", "--out", "photo.jpg"], "must end in .html"),
        (["Shark", "--image", "nowhere.png"], "no such image file"),
        ([""], "neither text nor image"),
        (["Shark", "--image", "http://example.org/a.png"], "never fetched"),
    ],
)
def test_mistakes_are_told(words: list[str], told: str, run: Path) -> None:
    with pytest.raises(InputError, match=told):
        explain(*words, "--run", run)
