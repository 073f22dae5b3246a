"""The page in a real Chromium, over the real server and the embedded detector."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from rumorscope.data.images import image_key
from rumorscope.explanation import words
from rumorscope.explanation.inputs import input_hashes
from rumorscope.post import Post
from rumorscope.scoring.scorer import Scorer
from service.browsing import (
    PICTURE,
    TEXT,
    answering,
    by_scorer,
    choose,
    doubtful_verdict,
    judged,
    launched,
    service,
    visiting,
)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load("compact", device="cpu")


@pytest.fixture(scope="module")
def address(scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(scorer, tmp_path_factory.mktemp("review") / "audit.sqlite") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    with visiting(browser, address) as open_page:
        yield open_page


def test_a_post_is_judged_as_everywhere_and_its_evidence_shown(
    visit: Callable[..., Page], scorer: Scorer
) -> None:
    page = visit()
    answer = judged(page, TEXT, PICTURE)
    post, verdict = by_scorer(scorer, PICTURE)
    assert verdict.evidence is not None
    assert verdict.rumor_probability is not None
    expect(answer.locator(".big")).to_have_text(words.percent(verdict.rumor_probability))
    expect(answer.locator("#judgment")).to_have_text(words.judgment(verdict))
    expect(answer.locator(".reasons li")).to_have_text(list(words.reasons(post, verdict)))
    expect(answer.locator("blockquote")).to_have_text(TEXT)
    expect(answer.get_by_text(str(words.faithfulness(verdict)))).to_be_visible()
    expect(answer.locator(".card li")).to_have_text(list(words.caveats(verdict)))
    expect(answer.locator(".frame")).to_have_count(len(verdict.evidence.regions))
    expect(answer.locator("tbody tr")).to_have_count(1 + len(words.absences(post, verdict)))
    expect(page.locator("#announce")).to_contain_text(words.judgment(verdict))


def test_regions_stand_where_the_detector_saw_them(visit: Callable[..., Page], scorer: Scorer) -> None:
    page = visit()
    answer = judged(page, TEXT, PICTURE)
    _, verdict = by_scorer(scorer, PICTURE)
    assert verdict.evidence is not None
    expect(answer.locator(".stage svg")).to_have_attribute("viewBox", "0 0 320 200")
    for number, region in enumerate(verdict.evidence.regions, start=1):
        left, top, right, bottom = region.box_pixels
        box = answer.locator(f'[data-region="{number}"] .box')
        drawn = [box.get_attribute(name) for name in ("x", "y", "width", "height")]
        assert drawn == [str(value) for value in (left, top, right - left, bottom - top)]
        expect(answer.locator(".regions button").nth(number - 1)).to_contain_text(
            words.place(region, (320, 200)), ignore_case=True
        )


def test_scales_frames_and_maps_can_be_switched(visit: Callable[..., Page], scorer: Scorer) -> None:
    page = visit()
    answer = judged(page, TEXT, PICTURE)
    _, verdict = by_scorer(scorer, PICTURE)
    assert verdict.evidence is not None
    maps = {found.scale: found.values for found in verdict.evidence.relevance}
    answer.locator("[data-toggle=heat]").check()
    for scale in maps:
        answer.get_by_label(f"{scale} px", exact=True).check()
        regions = [region for region in verdict.evidence.regions if region.scale == scale]
        expect(answer.locator(".frame")).to_have_count(len(regions))
        expect(answer.locator(".cell")).to_have_count(len(maps[scale]) * len(maps[scale][0]))
        expect(answer.locator(".legend").first).to_contain_text(f"at {scale} px")
    answer.get_by_label("All", exact=True).check()
    answer.locator("[data-toggle=heat]").uncheck()
    expect(answer.locator(".cell")).to_have_count(0)
    first = answer.locator(".regions button").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".frame.shown")).to_have_attribute("data-region", "1")
    answer.locator("[data-toggle=frames]").uncheck()
    expect(answer.locator(".frame")).to_have_count(0)


def test_what_other_detectors_say_is_shown_and_doubts_come_first(visit: Callable[..., Page]) -> None:
    doubtful, evidence = doubtful_verdict()
    page = visit()
    answering(page, doubtful)
    answer = judged(page, TEXT, PICTURE)
    expect(answer.locator("#judgment")).to_have_text("Undecided")
    expect(answer.locator(".abstained").first).to_contain_text("55% lies between 40% and 60%")
    expect(answer.locator(".abstained").last).to_have_text("Careful: this post is unlike the others.")
    expect(answer).to_contain_text("cannot be read as a frequency")
    expect(answer).to_contain_text("Not given to the detector: picture: the post has none.")
    expect(answer.locator(".claims tbody tr").first).to_contain_text("shark — at location — sea")
    expect(answer.locator(".claims tbody tr").last).to_contain_text("nothing is known of it")
    expect(answer).to_contain_text(str(words.rests_on(doubtful)))
    answer.locator("[data-toggle=altered]").check()
    expect(answer.locator(".cell")).to_have_count(4)
    expect(answer).to_contain_text(words.manipulation(evidence.manipulation[0]))


def test_the_interface_speaks_chinese(visit: Callable[..., Page]) -> None:
    page = visit(locale="zh-CN")
    answer = judged(page, TEXT, PICTURE)
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(answer).to_contain_text("在 30 条帖子上测试")
    frames = answer.locator(".frame").count()
    page.select_option("#language", "en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(answer).to_contain_text("Tested on 30 posts")
    expect(page.locator("#text")).to_have_value(TEXT)
    expect(answer.locator(".frame")).to_have_count(frames)
    page.reload()
    expect(page.locator("#submit")).to_have_text("Check")


def test_colors_follow_the_system_until_they_are_chosen(visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(22, 21, 19)")
    page.select_option("#theme", "light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(251, 250, 248)")
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", "rgb(251, 250, 248)")
    page.select_option("#theme", "system")
    expect(page.locator("body")).to_have_css("background-color", "rgb(22, 21, 19)")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_is_wider_than_a_phone(visit: Callable[..., Page], locale: str) -> None:
    page = visit(viewport={"width": 360, "height": 740}, locale=locale)
    judged(page, TEXT, PICTURE, PICTURE)
    for view in ("check", "model", "review"):
        page.evaluate("view => { location.hash = view; }", view)
        expect(page.locator(f"#view-{view}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_everything_can_be_reached_with_the_keyboard(visit: Callable[..., Page]) -> None:
    page = visit()

    def tab_to(selector: str) -> Locator:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return page.locator(selector)
        raise AssertionError(f"{selector} cannot be reached")

    tab_to("#skip")
    page.keyboard.press("Enter")
    tab_to("#text")
    page.keyboard.type("Shark in the street")
    tab_to("#choose")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "shark.png", "mimeType": "image/png", "buffer": PICTURE})
    expect(page.locator("#form-status")).to_have_text("shark.png was added.")
    tab_to("#submit")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator("#answer")).to_be_focused()
    tab_to("#save-json")
    tab_to('input[value="all"]')
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[value="32"]')).to_be_checked()
    tab_to(".regions button")
    page.keyboard.press("Space")
    expect(page.locator(".frame.shown")).to_have_count(1)


def test_pictures_can_be_pasted_dropped_and_removed(visit: Callable[..., Page]) -> None:
    page = visit()
    script = """([kind, type, text]) => {
        const data = new DataTransfer();
        if (text) data.setData("text/plain", text);
        data.items.add(new File(["x"], `${kind}.png`, { type }));
        const target = document.getElementById("text");
        const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
        target.dispatchEvent(new (kind === "paste" ? ClipboardEvent : DragEvent)(kind, options));
    }"""
    page.evaluate(script, ["paste", "image/png", ""])
    page.evaluate(script, ["paste", "image/png", "words that some programs copy with a picture of them"])
    page.evaluate(script, ["drop", "image/png", ""])
    page.evaluate(script, ["drop", "text/plain", ""])
    expect(page.locator("#thumbs li")).to_have_count(2)
    expect(page.locator("#form-status")).to_contain_text("no picture")
    page.get_by_label("Remove paste.png").click()
    expect(page.locator("#thumbs li")).to_have_count(1)
    page.click("#clear")
    expect(page.locator("#thumbs li")).to_have_count(0)


def test_a_case_can_be_saved(visit: Callable[..., Page], scorer: Scorer, tmp_path: Path) -> None:
    page = visit()
    judged(page, TEXT, PICTURE)
    _, verdict = by_scorer(scorer, PICTURE)

    def saved(button: str) -> str:
        with page.expect_download() as download:
            page.click(button)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path.read_text(encoding="utf-8")

    case = json.loads(saved("#save-json"))
    assert case["verdicts"][0]["rumor_probability"] == pytest.approx(verdict.rumor_probability, abs=1e-5)
    assert case["model"]["checkpoint"] == verdict.checkpoint
    hashes = input_hashes(Post("1", TEXT, (PICTURE,)))
    assert case["inputs"] == [{"text_sha256": hashes.text_sha256, "images_sha256": [image_key(PICTURE)]}]
    review = json.loads(saved("#save-review"))
    assert review["@type"] == "ClaimReview"
    assert review["creativeWorkStatus"] == "Draft"
    printable = saved("#save-page")
    assert "data:image/jpeg;base64," in printable
    assert "&lt;b&gt;today" in printable
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".jsonld", ".html"}


def test_a_picture_that_cannot_be_read_is_said(visit: Callable[..., Page]) -> None:
    page = visit()
    page.fill("#text", TEXT)
    choose(page, PICTURE[: len(PICTURE) // 2])
    page.click("#submit")
    expect(page.locator("#answer .notice")).to_contain_text("This post cannot be judged")
    expect(page.locator("#answer .notice")).to_contain_text("not a readable picture")


def test_nothing_is_sent_without_a_post(visit: Callable[..., Page]) -> None:
    page = visit()
    page.click("#submit")
    expect(page.locator("#form-status")).to_have_text("Give a text, a picture, or both.")
    expect(page.locator("#text")).to_be_focused()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (413, "more than the server takes"),
        (422, "cannot use this post"),
        (503, "not ready yet"),
        (504, "too long"),
        (500, "failed"),
    ],
)
def test_what_goes_wrong_is_said_in_words(visit: Callable[..., Page], status: int, said: str) -> None:
    page = visit(expected=f"status of {status}")
    page.route(
        "**/v1/explain",
        lambda route: route.fulfill(status=status, json={"detail": "in detail", "error": "x"}),
    )
    page.fill("#text", TEXT)
    page.click("#submit")
    expect(page.locator("#problem")).to_contain_text(said)
    expect(page.locator("#problem")).to_contain_text("in detail")
    page.unroute("**/v1/explain")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator("#problem")).to_be_empty()


def test_a_busy_server_is_asked_again_when_it_said(visit: Callable[..., Page]) -> None:
    page = visit(expected="status of 429")
    page.clock.install()
    busy = {"status": 429, "headers": {"Retry-After": "7"}, "json": {"detail": "full", "error": "busy"}}
    page.route("**/v1/explain", lambda route: route.fulfill(**busy))
    page.fill("#text", TEXT)
    page.click("#submit")
    again = page.locator("#problem button")
    expect(again).to_be_disabled()
    expect(again).to_have_text("Try again in 7 s")
    page.clock.fast_forward(3_000)
    expect(again).to_have_text("Try again in 4 s")
    page.clock.fast_forward(5_000)
    expect(again).to_be_enabled()
    expect(again).to_have_text("Try again")


def test_without_a_network_the_page_says_so(visit: Callable[..., Page]) -> None:
    page = visit(expected="ERR_INTERNET_DISCONNECTED")
    page.fill("#text", TEXT)
    page.context.set_offline(True)
    page.click("#submit")
    expect(page.locator("#problem")).to_contain_text("cannot be reached")


def test_waiting_can_be_given_up(visit: Callable[..., Page]) -> None:
    page = visit()
    page.route("**/v1/explain", lambda route: None)  # never answered
    page.fill("#text", TEXT)
    page.click("#submit")
    expect(page.locator("#waiting")).to_contain_text("0 s")
    expect(page.locator("#submit")).to_be_disabled()
    page.click("#cancel")
    expect(page.locator("#form-status")).to_contain_text("Cancelled")
    expect(page.locator("#submit")).to_be_enabled()
    expect(page.locator("#waiting")).to_be_hidden()


def test_the_model_says_when_not_to_trust_it(visit: Callable[..., Page], scorer: Scorer) -> None:
    page = visit("#model")
    view = page.locator("#view-model")
    expect(view).to_contain_text(scorer.checkpoint)
    expect(view).to_contain_text("PHEME: 1,801 English posts")
    expect(view).to_contain_text("not fit for deciding about a post")
    expect(view).to_contain_text("40% – 60%")
    expect(view.locator(".measured tbody tr").first).to_contain_text("0.6350.498 – 0.780")
    page.get_by_role("link", name="Check a post").click()
    expect(page.locator("#view-check")).to_be_visible()


def test_a_server_with_keys_asks_for_one(visit: Callable[..., Page]) -> None:
    def locked(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer the-key":
            route.continue_()
        else:
            route.fulfill(status=401, json={"detail": "which key?", "error": "unauthorized"})

    page = visit(expected="status of 401")
    page.route("**/v1/**", locked)
    page.reload()
    expect(page.locator("#key-dialog")).to_be_visible()
    expect(page.locator("#key")).to_be_focused()
    page.fill("#key", "not the key")
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).to_be_visible()
    page.fill("#key", "the-key")
    page.keyboard.press("Enter")
    expect(page.locator("#key-dialog")).to_be_hidden()
    judged(page)
    assert "the-key" not in page.evaluate("JSON.stringify(localStorage)")
