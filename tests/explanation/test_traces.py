"""Traces of manipulation on a page: the map in its place, the error level beside it, the file's own words."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from explanation.test_page import Page, judged
from rumorscope.errors import InputError
from rumorscope.explanation import words
from rumorscope.explanation.page import explanation_page
from rumorscope.explanation.traces import metadata_lines, traces_page
from rumorscope.forensics.credentials import Credentials
from rumorscope.forensics.metadata import PictureMetadata
from rumorscope.post import Evidence, ManipulationMap, Post

FOUND = ManipulationMap(0, 0.83, ((0.0, 0.25, 1.0), (0.5, 0.75, 0.1)))
SCRIPT = "<script>alert('x')</script>"


def photograph(size: tuple[int, int] = (60, 40), software: str | None = None) -> bytes:
    exif = Image.Exif()
    if software is not None:
        exif[ExifTags.Base.Software.value] = software
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_the_map_lies_over_its_picture() -> None:
    page = Page(traces_page("a.jpg", photograph(), FOUND, "kecl, checkpoint 0f9c"))
    cells = [tag for tag in page.all("rect") if tag.get("class") == "cell"]
    assert [(cell["x"], cell["y"], cell["width"], cell["height"]) for cell in cells] == [
        (x, y, "20.0", "20.0") for y in ("0.0", "20.0") for x in ("0.0", "20.0", "40.0")
    ]
    assert (cells[0]["fill"], cells[2]["fill"]) == ("#440154", "#fde725")  # 0 and 1, not least and most
    assert cells[3]["fill"] == "#21918c"
    for told in ("83%", "altered here: 25%", "quality 90", "kecl, checkpoint 0f9c", "a.jpg", "not stated"):
        assert told in page.text, told
    assert len(page.all("img")) == 2


def test_without_a_detector_there_is_no_map_and_no_probability() -> None:
    page = Page(traces_page("a.jpg", photograph()))
    assert not [tag for tag in page.all("rect") if tag.get("class") == "cell"]
    assert "probability" not in page.text
    assert "Error level" in page.text


def test_the_verdicts_page_shows_traces_where_there_are_some() -> None:
    post = Post("a", "x", (photograph(), photograph((30, 30))))
    second = ManipulationMap(1, 0.2, ((0.5,),))
    html = explanation_page(post, judged(evidence=Evidence(manipulation=(FOUND, second))))
    page = Page(html)
    assert "Traces of manipulation, picture 1" in page.text
    assert "Traces of manipulation, picture 2" in page.text
    assert html.count("<details>") == 2
    names = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(names) == len(set(names))
    assert "Traces of manipulation" not in explanation_page(post, judged(evidence=Evidence()))


def test_nothing_of_the_file_is_markup_and_nothing_is_loaded() -> None:
    html = traces_page(f"{SCRIPT}.jpg", photograph(software=SCRIPT), FOUND, SCRIPT)
    assert "<script" not in html
    assert Page(html).text.count(SCRIPT) >= 3
    assert not {"script", "link", "iframe", "form"} & {tag for tag, _ in Page(html).tags}
    assert all(tag["src"].startswith("data:image/jpeg;base64,") for tag in Page(html).all("img"))
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in html
    assert html.startswith("<!doctype html>")


def test_every_page_allows_its_own_style_alone() -> None:
    picture = traces_page("a.jpg", photograph())
    verdict = explanation_page(Post("a", "x"), judged(evidence=Evidence()))
    digests = [re.findall(r"style-src '(sha256-[^']+)'", html) for html in (picture, verdict)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 1


def test_a_file_that_is_no_picture_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such image file"):
        traces_page("a.jpg", tmp_path / "absent.jpg")


def metadata(**changes: object) -> PictureMetadata:
    plain = PictureMetadata("PNG", (3, 2), None, None, None, False, False, None, Credentials("none"))
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_lines_of_a_file() -> None:
    assert dict(metadata_lines(metadata()))["File"] == "PNG, 3 × 2 pixels"
    lines = dict(metadata_lines(metadata(position=True, jpeg_quality=80, camera="Canon")))
    assert (lines["Position"], lines["Camera"]) == ("stated in the file, and not shown here", "Canon")
    assert lines["File"].endswith("quality about 80")


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (Credentials("not checked"), "not checked: the package c2pa-python is not installed"),
        (
            Credentials("valid", "Camera", generated=False),
            "left it; who that maker is was not checked; written",
        ),
        (Credentials("invalid", "Machine", generated=True), "they say that a model generated the picture"),
        (Credentials("elsewhere"), "kept on the net, which is never asked"),
        (Credentials("unreadable"), "there, but unreadable"),
    ],
)
def test_what_is_said_of_credentials(credentials: Credentials, told: str) -> None:
    assert told in dict(metadata_lines(metadata(credentials=credentials)))["Content Credentials"]


def test_a_probability_in_words_names_what_it_cannot_know() -> None:
    told = words.manipulation(FOUND)
    assert "probability of 83%" in told
    assert "of pictures that a model generated it knows nothing" in told
