"""A server in a thread and a Chromium to look at it with, for tests of the page.

Playwright's synchronous interface runs an event loop of its own, by greenlets, in the thread that calls it,
and refuses where one runs already: so the server has a thread, all calls stay in the test's, and no browser
outlives its module. A worker of pytest-xdist has no loop in its main thread, and can do the same.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from rumorscope.post import (
    Claim,
    Evidence,
    FailureModes,
    Label,
    ManipulationMap,
    Post,
    Region,
    Triple,
    Verdict,
)
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.app import create_app
from rumorscope.service.settings import Settings
from tiny import tiny_picture

TEXT = "BREAKING: shark swims in the flooded street <b>today</b>, share before they delete it!!"
PICTURE = tiny_picture("teal", size=(320, 200))
ANSWER_MS = 30_000  # two slow cores that others use, too
CANDIDATES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser, or a visible skip."""
    named = os.environ.get("RUMORSCOPE_CHROMIUM")
    executable = named or next(filter(None, map(shutil.which, CANDIDATES)), None)
    if executable is None:
        pytest.skip("no Chromium: install one, or name it in RUMORSCOPE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def service(scorer: Scorer, review: Path) -> Iterator[str]:
    """The address of the whole service, with a review queue."""
    with served(create_app(scorer, Settings(review=review))) as found:
        yield found


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of an app that a thread serves, on a port that the system chose."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    ready = threading.Event()
    startup = server.startup

    async def announced(*arguments: Any, **named: Any) -> None:
        await startup(*arguments, **named)
        ready.set()

    server.startup = announced  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(60), "the server does not start"
    (port,) = {socket.getsockname()[1] for one in server.servers for socket in one.sockets}
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page in a context of its own; at the end nothing may have gone wrong or elsewhere."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(where: str = "", *, expected: str = "", **options: Any) -> Page:
        desk = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}}
        contexts.append(browser.new_context(**desk | options))
        page = contexts[-1].new_page()
        page.set_default_timeout(ANSWER_MS)

        def heard(message: Any) -> None:
            if message.type in ("error", "warning") and not (expected and expected in message.text):
                troubles.append(message.text)

        def asked(request: Any) -> None:
            if not request.url.startswith((address, f"blob:{address}", "data:")):
                troubles.append(f"asked elsewhere: {request.url}")

        page.on("filechooser", lambda chooser: None)  # or the first one opens before Playwright listens
        page.on("console", heard)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", asked)
        page.goto(address + where)
        expect(page.locator("#submit")).to_have_text("核查" if options.get("locale") == "zh-CN" else "Check")
        return page

    expect.set_options(timeout=ANSWER_MS)
    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def choose(page: Page, *pictures: bytes) -> None:
    """Put pictures into the form."""
    named = enumerate(pictures)
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": picture} for n, picture in named]
    page.set_input_files("#files", files)  # type: ignore[arg-type]


def judged(page: Page, text: str = TEXT, *pictures: bytes) -> Locator:
    """Send a post; gives the answer once it is there."""
    page.fill("#text", text)
    if pictures:
        choose(page, *pictures)
    page.click("#submit")
    expect(page.locator(".verdict")).to_be_visible()
    return page.locator("#answer")


def by_scorer(scorer: Scorer, *pictures: bytes) -> tuple[Post, Verdict]:
    """The post that the tests send, and what it gets without the page."""
    post = Post("1", TEXT, pictures)
    (verdict,) = scorer([post], explain=True)
    return post, verdict


def answering(page: Page, verdict: Verdict) -> None:
    """Have the server answer with that verdict, as it writes one."""
    model = {"name": verdict.detector, "checkpoint": verdict.checkpoint}
    body = {"verdicts": [record(verdict)], "model": model}
    page.route("**/v1/explain", lambda route: route.fulfill(json=body))


def doubtful_verdict() -> tuple[Verdict, Evidence]:
    """With all that a detector may say, and every reason to doubt it."""
    claim = Claim(Triple("shark", "AtLocation", "street"), Triple("shark", "AtLocation", "sea"), 1.1, 0.7)
    unknown = Claim(Triple("street", "HasA", "flood"), None, None, 0.3)
    evidence = Evidence(
        (Region(0, (0, 0, 160, 100), 32, 0.5, 1.0),),
        claims=(claim, unknown),
        manipulation=(ManipulationMap(0, 0.8, ((0.1, 0.9), (0.2, 0.3))),),
        failure_modes=FailureModes(0.2, 0.5, 0.6),
    )
    doubtful = Verdict(
        "1", 0.55, Label.RUMOR, "kecl", "0", "near the threshold", evidence,
        warning="this post is unlike the others", missing=("picture: the post has none",),
    )  # fmt: skip
    return doubtful, evidence
