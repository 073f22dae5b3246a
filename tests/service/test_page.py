"""The page's files, without a browser: all of them local, both languages in step, one way to say things."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rumorscope.detectors._interface import _missing
from rumorscope.detectors._kecl_evidence import missing_of
from rumorscope.explanation import colors, words
from rumorscope.post import (
    Claim,
    Contribution,
    Evidence,
    FailureModes,
    Label,
    ManipulationMap,
    Post,
    Region,
    Triple,
    Verdict,
)
from rumorscope.service.site import HEADERS, mount_page

PAGE = Path(str(files("rumorscope.service").joinpath("page")))
ASSETS = sorted(path for path in PAGE.iterdir() if path.is_file())
STRINGS = {
    language: json.loads((PAGE / f"strings.{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "zh")
}
NAMESPACES = ("http://www.w3.org/2000/svg",)


def read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def say(key: str, **values: object) -> str:
    return str(STRINGS["en"][key].format(**values))


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    assert not re.search(r"https?:|//[a-z0-9-]+\.[a-z]|@import|url\((?!#)", text)


def test_the_document_has_no_inline_script_style_or_handler() -> None:
    html = read("index.html")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)
    assert re.search(r'<script type="module" src="app\.js"></script>', html)


@pytest.mark.parametrize(
    "path", [path for path in ASSETS if path.suffix == ".js"], ids=lambda path: path.name
)
def test_no_markup_is_made_out_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b", text
    )


def test_the_page_is_served_under_a_policy_that_allows_its_own_files_alone() -> None:
    app = FastAPI()
    mount_page(app)
    with TestClient(app) as client:
        for path in ASSETS:
            answer = client.get("/" if path.name == "index.html" else f"/{path.name}")
            assert answer.content == path.read_bytes()
        assert client.get("/%2e%2e/site.py").status_code == 404
        types = [
            client.get(f"/{name}").headers["content-type"] for name in ("app.js", "page.css", "icon.svg")
        ]
        assert [kind.split(";")[0] for kind in types] == ["text/javascript", "text/css", "image/svg+xml"]
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"unsafe|\*|http|data:", HEADERS["Content-Security-Policy"])


def test_every_file_that_is_named_is_there_and_every_file_is_named() -> None:
    named = {"index.html", *re.findall(r'(?:src|href)="([\w.-]+)"', read("index.html"))}
    for path in ASSETS:
        if path.suffix == ".js":
            named |= set(re.findall(r'from "\./([\w.-]+)"', path.read_text(encoding="utf-8")))
    named |= {f"strings.{language}.json" for language in STRINGS}
    assert named == {path.name for path in ASSETS}


def test_both_languages_have_the_same_sentences_with_the_same_placeholders() -> None:
    english, chinese = STRINGS["en"], STRINGS["zh"]
    assert list(english) == list(chinese)
    for key in english:
        placeholders = [sorted(re.findall(r"\{(\w+)\}", strings[key])) for strings in (english, chinese)]
        assert placeholders[0] == placeholders[1], key
        assert english[key].strip(), key
        assert chinese[key].strip(), key


def test_every_sentence_is_used_and_every_used_sentence_is_there() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in ASSETS if path.suffix in (".js", ".html"))
    whole = set(re.findall(r'\bt\("([\w.]+)"', code)) | set(re.findall(r'data-t(?:-\w+)?="([\w.]+)"', code))
    whole |= set(re.findall(r'"([a-z_]+(?:\.\w+)+)"', code)) & set(STRINGS["en"])
    assert whole <= set(STRINGS["en"])
    patterns = [
        re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(template))
        for template in re.findall(r"`([a-z]+\.\$\{.*?)`", code)
    ]
    unused = {
        key for key in STRINGS["en"] if key not in whole and not any(re.fullmatch(p, key) for p in patterns)
    }
    assert unused == set()


def test_the_english_sentences_are_those_of_the_command_line_and_the_printed_page() -> None:
    assert tuple(say(f"caveat.{name}") for name in ("no_fact", "unseen", "person")) == words.CAVEATS
    region = Region(0, (0, 0, 10, 10), 32, 0.5, 0.6, 0.3)
    claim = Claim(Triple("a", "IsA", "b"), Triple("a", "IsA", "c"), 1.0, 1.0)
    modes = FailureModes(if_consistent=0.2, if_authentic=0.9, if_known=0.76)
    evidence = Evidence((region,), contribution=Contribution(0.9, 0.76), claims=(claim,), failure_modes=modes)
    verdict = Verdict("1", 0.76, Label.RUMOR, "micc", "0", evidence=evidence)
    post = Post("1", "text", (b"picture",))
    rises = say("becomes.rises", own="76%", probability="90%")
    falls = say("becomes.falls", own="76%", probability="30%")
    stays = say("becomes.stays", own="76%")
    assert list(words.reasons(post, verdict)) == [
        say("reason.without", what=say("absence.text"), becomes=rises),
        say("reason.without", what=say("absence.picture"), becomes=stays),
        say("reason.region", what=say("absence.region", number=1), becomes=falls),
    ]
    assert [mode.what for mode in words.failure_modes(verdict)] == [
        say(f"mode.{name}") for name in ("if_consistent", "if_authentic", "if_known")
    ]
    consistent = say("becomes.falls", own="76%", probability="20%")
    assert words.rests_on(verdict) == say("mode.most", what=say("mode.if_consistent"), becomes=consistent)
    assert words.caveats(verdict)[0] == say("caveat.compared")
    assert words.faithfulness(verdict) == say("faithfulness.unmeasured")
    found = ManipulationMap(0, 0.4, ((0.4,),))
    assert words.manipulation(found) == say("picture.manipulated", probability="40%")


def test_what_detectors_miss_is_known_by_its_english() -> None:
    known = {
        key.removeprefix("said."): said for key, said in STRINGS["en"].items() if key.startswith("said.")
    }
    assert all(key == said for key, said in known.items())
    unknown = Claim(Triple("a", "IsA", "b"), None, None, 1.0)
    for claims in ((), (unknown, unknown)):
        found = SimpleNamespace(failure=None, claims=claims)
        preprocess: Any = SimpleNamespace(checked=lambda post, found=found: found)
        (said,) = missing_of(Post("1", "text"), preprocess)
        assert re.sub(r"\d+", "{number}", said, count=1) in known
    assert set(_missing(Post("1", ""), frozenset({"text", "image"}))) <= set(known)


def test_judgments_and_deviations_are_named_alike() -> None:
    verdict = Verdict("1", 0.76, Label.RUMOR, "micc", "0")
    assert words.judgment(verdict) == say("judgment.rumor")
    assert words.judgment(Verdict("1", 0.2, Label.NON_RUMOR, "micc", "0")) == say("judgment.non_rumor")
    assert words.judgment(Verdict("1", 0.5, Label.RUMOR, "micc", "0", "near")) == say("judgment.undecided")
    triple = Triple("a", "IsA", "b")
    for known, distance, name in (
        (None, None, "unknown"),
        (triple, 0.0, "same"),
        (triple, 0.3, "close"),
        (triple, 1.0, "other"),
    ):
        assert words.deviation(Claim(triple, known, distance, 1.0)) == say(f"deviation.{name}")


def test_places_are_named_alike() -> None:
    for row, top in (("upper", 0), ("middle", 40), ("lower", 80)):
        for column, left in (("left", 0), ("center", 40), ("right", 80)):
            region = Region(0, (left, top, left + 10, top + 10), 32, 0.0, 0.1)
            assert words.place(region, (90, 90)) == say(f"place.{row}.{column}")
    assert words.place(Region(0, (0, 0, 90, 90), 32, 0.0, 0.1), (90, 90)) == say("place.whole")
    assert words.place(Region(0, (0, 0, 90, 85), 32, 0.0, 0.1), (90, 90)) == say("place.nearly")


def test_the_scales_have_the_colors_of_the_printed_page() -> None:
    listed = re.search(r"SCALE_COLORS = (\[.*?\]);", read("colors.js"))
    assert listed is not None
    assert json.loads(listed[1]) == [colors.hexadecimal(color) for color in colors.SCALE_COLORS]
    ends = re.search(r"VIRIDIS = (\[.*?\]\]);", read("colors.js"))
    assert ends is not None
    for share, color in zip((0, 0.25, 0.5, 0.75, 1), json.loads(ends[1]), strict=True):
        assert colors.viridis(share) == tuple(color)
