"""The review queue in a real Chromium, from a file of verdicts to the exported log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from rumorscope.scoring.scorer import Scorer
from service.browsing import launched, service, visiting
from service.review.filed import ROWS, write


def _queued(page: Page, verdicts: Path, posts: Path | None = None) -> None:
    expect(page.locator(".load")).to_be_visible()
    if not page.locator("#verdict-file").is_visible():
        page.click(".load summary")
    page.set_input_files("#verdict-file", verdicts)
    if posts:
        page.set_input_files("#posts-file", posts)
    page.click("#upload")
    expect(page.locator("#review-said")).to_contain_text(verdicts.name)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    scorer = Scorer.load("compact", device="cpu")
    with (
        service(scorer, tmp_path / "audit.sqlite") as address,
        launched() as browser,
        visiting(browser, address) as visit,
    ):
        yield visit("#review")


def test_the_review_queue_from_a_file_to_the_log(page: Page, tmp_path: Path) -> None:
    texts = [{"id": row["id"], "text": f"<i>text</i> of {row['id']}"} for row in ROWS]
    _queued(
        page, write(tmp_path / "morning.jsonl", (*ROWS, "{")), write(tmp_path / "posts.jsonl", tuple(texts))
    )
    expect(page.locator("#review-said")).to_contain_text(
        "morning.jsonl: 5 verdicts, 5 with text; bad rows: 1."
    )
    expect(page.locator(".item-text")).to_have_text(
        [f"<i>text</i> of {name}" for name in ("torn", "near", "sure", "calm", "cut")]
    )
    expect(page.locator(".item").last).to_contain_text("the picture is cut off")
    torn = page.locator(".item").first
    torn.get_by_role("button", name="Record").click()
    expect(torn).to_contain_text("Choose a decision first")
    torn.get_by_label("No rumor").check()
    torn.get_by_role("button", name="Record").click()
    expect(torn).to_contain_text("Give your name first")
    expect(page.locator("#reviewer")).to_be_focused()
    page.fill("#reviewer", "Reviewer One")
    torn.get_by_label("Note").fill("=a picture of 2015")
    torn.get_by_role("button", name="Record").click()
    expect(torn).to_contain_text("Recorded as entry 1: No rumor, by Reviewer One")
    expect(page.locator("#review-counts")).to_contain_text("1 of 5 reviewed")
    torn.get_by_label("Cannot tell").check()
    torn.get_by_role("button", name="Record").click()
    expect(torn).to_contain_text("Earlier decisions in the log: 1.")
    page.select_option("#review-show", "reviewed")
    expect(page.locator(".item")).to_have_count(1)
    page.select_option("#review-show", "all")
    page.select_option("#review-order", "probability")
    expect(page.locator(".item-text").first).to_have_text("<i>text</i> of sure")
    page.click("#verify")
    expect(page.locator("#log-said")).to_contain_text("Entries: 2; each fits the one before")
    with page.expect_download() as download:
        page.click("#export-csv")
    assert "'=a picture of 2015" in download.value.path().read_text(encoding="utf-8")
    with page.expect_download() as download:
        page.click("#export-jsonl")
    entries = [json.loads(line) for line in download.value.path().read_text(encoding="utf-8").splitlines()]
    assert [entry["decision"] for entry in entries] == ["non_rumor", "cannot_tell"]
    page.get_by_role("button", name="Check this text").first.click()
    expect(page.locator("#text")).to_have_value("<i>text</i> of sure")


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_later_one(page: Page, tmp_path: Path) -> None:
    _queued(page, write(tmp_path / "morning.jsonl", ROWS))
    held: list[Route] = []
    page.route(lambda url: "order=uncertainty&show=all" in url, lambda route: held.append(route))
    with page.expect_request(lambda request: "show=all" in request.url):
        page.select_option("#review-show", "all")
    page.select_option("#review-order", "probability")
    expect(page.locator(".item-id span").first).to_contain_text("sure")
    with page.expect_response(lambda response: "order=uncertainty&show=all" in response.url) as late:
        held[0].continue_()
    late.value.finished()
    page.click("#verify")
    expect(page.locator("#log-said")).to_contain_text("Entries: 0")
    expect(page.locator(".item-id span").first).to_contain_text("sure")
