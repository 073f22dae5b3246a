from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rumorscope.errors import InputError
from rumorscope.explanation.page import explanation_page
from rumorscope.post import (
    Claim,
    Contribution,
    Evidence,
    FailureModes,
    Label,
    Post,
    Region,
    RelevanceMap,
    Triple,
    Verdict,
)

SCRIPT = "<script>alert('x')</script>"


class Page(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


def evidence() -> Evidence:
    regions = (
        Region(0, (0, 0, 32, 24), 32, 1.25, 0.7, 0.4),
        Region(0, (0, 0, 64, 48), 64, 0.5, 0.3, 0.75),
    )
    maps = (
        RelevanceMap(0, 32, ((1.25, 0.0), (-0.5, 0.25))),
        RelevanceMap(0, 64, ((0.5,),)),
    )
    return Evidence(regions, maps, Contribution(0.3, 0.6))


def judged(**changes: Any) -> Verdict:
    values = {"post_id": "a", "rumor_probability": 0.8, "label": Label.RUMOR, "detector": "micc",
              "checkpoint": "0f9c33ab12d45e67", "evidence": evidence()}  # fmt: skip
    return Verdict(**(values | changes))


def photograph(folder: Path, name: str = "photo.png", size: tuple[int, int] = (64, 48)) -> Path:
    Image.effect_noise(size, 60).convert("RGB").save(folder / name)
    return folder / name


def test_the_page_tells_all(tmp_path: Path) -> None:
    post = Post("a", "网传大桥垮塌", (photograph(tmp_path),), event="flood")
    page = Page(explanation_page(post, judged()))
    for told in ("80%", "Likely a rumor", "网传大桥垮塌", "Chinese, by its script", "event: flood", "micc",
                 "0f9c33ab12d45e67", "without the text", "without the picture", "without region 2", "−50",
                 "It has not looked up a single fact", "Upper left", "relevance 1.25"):  # fmt: skip
        assert told in page.text, told
    assert page.all("blockquote") == [{"dir": "auto", "lang": "zh"}]


def test_regions_and_heat_lie_where_they_should(tmp_path: Path) -> None:
    page = Page(explanation_page(Post("a", "x", (photograph(tmp_path),)), judged()))
    boxes = [tag for tag in page.all("rect") if tag.get("class") == "box"]
    assert [(b["x"], b["y"], b["width"], b["height"]) for b in boxes] == [
        ("0", "0", "64", "48"),  # the larger first, so that it hides nothing
        ("0", "0", "32", "24"),
    ]
    cells = [tag for tag in page.all("rect") if tag.get("class") == "cell"]
    assert [(c["x"], c["y"]) for c in cells[:4]] == [
        ("0.0", "0.0"),
        ("32.0", "0.0"),
        ("0.0", "24.0"),
        ("32.0", "24.0"),
    ]
    assert cells[0]["fill"] == "#fde725"  # the most relevant
    assert cells[2]["fill"] == "#440154"  # the least
    views = [tag["viewbox"] for tag in page.all("svg") if "viewbox" in tag and "class" not in tag]
    assert views == ["0 0 64 48"] * 3
    assert len(page.all("input")) == len(page.all("label")) == 4  # regions, two scales, the picture alone


def test_claims_and_failure_modes_stand_beside_what_is_known() -> None:
    lies = Claim(Triple("shark", "AtLocation", "<street>"), Triple("shark", "AtLocation", "sea"), 0.71, 1.0)
    unknown = Claim(Triple("mayor", "say", "so"), None, None, 0.0)
    checked = replace(
        evidence(), claims=(lies, unknown), failure_modes=FailureModes(if_known=0.25), regions=()
    )
    verdict = judged(evidence=checked, missing=("picture: the post has none",))
    page = Page(explanation_page(Post("a", "x"), verdict))
    for told in ("shark — at location — <street>", "shark — at location — sea", "0.71",
                 "nothing is known of it",
                 "if its claims were just what is known, the probability falls from 80% to 25%", "−55",
                 "Not given to the detector: picture: the post has none.", "common knowledge"):  # fmt: skip
        assert told in page.text, told
    assert "What speaks for a rumor" not in Page(explanation_page(Post("a", "x"), judged())).text


def test_the_regions_say_how_far_they_can_be_trusted(tmp_path: Path) -> None:
    post = Post("a", "x", (photograph(tmp_path),))
    assert "was not measured for this detector" in Page(explanation_page(post, judged())).text
    measured = replace(evidence(), faithfulness="Tested on 40 posts, <all> is well.")
    assert (
        "Tested on 40 posts, <all> is well." in Page(explanation_page(post, judged(evidence=measured))).text
    )
    assert "can be trusted" not in explanation_page(Post("a", "x"), judged(evidence=Evidence()))


def test_every_view_has_its_layer_and_its_legend(tmp_path: Path) -> None:
    html = explanation_page(Post("a", "x", (photograph(tmp_path),)), judged())
    stage = html[html.index('<div class="stage">') : html.index("</div>", html.index('<div class="stage">'))]
    inputs = html.count('type="radio"')
    assert len(re.findall(r"^        <svg", stage, re.MULTILINE)) == inputs
    assert html.count('<p class="legend') == inputs


def test_the_page_is_one_file(tmp_path: Path) -> None:
    html = explanation_page(Post("a", "see https://example.org", (photograph(tmp_path),)), judged())
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert (
                attributes.get(name, "data:").startswith("data:image/jpeg;base64,") or name not in attributes
            )


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    html = explanation_page(Post("a", "x"), judged(evidence=None))
    policy = next(
        m["content"] for m in Page(html).all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    style = html[html.index("<style>") + 7 : html.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_nothing_of_the_post_is_markup(tmp_path: Path) -> None:
    path = photograph(tmp_path, "<img src=x onerror=alert(1)>.png")
    post = Post(f'1"{SCRIPT}', SCRIPT, (path,), event=f"</style>{SCRIPT}", language=f'en" onload="{SCRIPT}')
    verdict = judged(post_id=post.id, abstained=SCRIPT, detector=SCRIPT, checkpoint=SCRIPT)
    html = explanation_page(post, verdict)
    assert "<script" not in html
    assert "onerror" not in html
    assert Page(html).text.count(SCRIPT) >= 5
    assert all("onload" not in attributes for _, attributes in Page(html).tags)


def test_pictures_are_encoded_anew(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    Image.effect_noise((3000, 1500), 60).convert("RGB").save(tmp_path / "large.jpg", exif=exif)
    page = Page(explanation_page(Post("a", "x", (tmp_path / "large.jpg",)), judged(evidence=Evidence())))
    (tag,) = page.all("img")
    shown = base64.b64decode(tag["src"].removeprefix("data:image/jpeg;base64,"))
    assert Image.open(io.BytesIO(shown)).size == (1400, 700)
    assert b"secret" not in shown
    assert (tag["width"], tag["height"]) == ("3000", "1500")


def test_posts_with_less() -> None:
    words_alone = Page(explanation_page(Post("a", "x"), judged(evidence=Evidence())))
    assert "no pictures" in words_alone.text
    assert "rests on its words alone" in words_alone.text
    assert words_alone.all("img") == words_alone.all("table") == []
    undecided = Page(explanation_page(Post("a", "x"), judged(abstained="too close to call")))
    assert "Undecided" in undecided.text
    assert "too close to call" in undecided.text


def test_ten_pictures_keep_their_regions_apart(tmp_path: Path) -> None:
    images = tuple(photograph(tmp_path, f"{n}.png") for n in range(10))
    regions = tuple(Region(n, (0, 0, 32, 24), 32, 1.0, 0.1, 0.5) for n in range(10))
    html = explanation_page(Post("a", "", images), judged(evidence=Evidence(regions)))
    page = Page(html)
    assert len(page.all("img")) == len([r for r in page.all("rect") if r.get("class") == "box"]) == 10
    names = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(names) == len(set(names))
    assert "No text." in page.text


def test_an_error_has_no_page() -> None:
    failed = Verdict("a", None, None, "micc", "0", error="the text is too long")
    with pytest.raises(InputError, match="nothing to explain: the text is too long"):
        explanation_page(Post("a", "x"), failed)
