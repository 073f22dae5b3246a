"""What can be asked: scores, explanations, which detector answers, and whether it does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from rumorscope.detectors import detector_class, detector_names
from rumorscope.errors import InputError
from rumorscope.explanation.claim_review import MEDIA_TYPE as CLAIM_REVIEW
from rumorscope.explanation.claim_review import claim_review
from rumorscope.explanation.inputs import input_hashes
from rumorscope.explanation.page import explanation_page
from rumorscope.post import Post, Verdict
from rumorscope.scoring.records import record
from rumorscope.scoring.scorer import BadPost
from rumorscope.service.admission import Rates
from rumorscope.service.description import POSTS
from rumorscope.service.errors import GoneError, MediaTypeError
from rumorscope.service.fetching import Fetcher
from rumorscope.service.model import Model, serving
from rumorscope.service.reading import JSON, Held, read_posts, with_pictures
from rumorscope.service.schemas import Detectors, Explained, KnownDetector, Problem, Verdicts
from rumorscope.service.settings import Settings

HTML = "text/html"

Result = TypeVar("Result")
Judged = tuple[list[Post | BadPost], list[Verdict]]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words}
    for status, words in {
        401: "a key is needed, and none was sent or an unknown one",
        403: "a page of another site sent it",
        413: "the body is too large",
        415: "the body is of a kind that is not read",
        422: "the request is not well formed",
        429: "too many posts are waiting, or came of one caller; Retry-After says when to try again",
        500: "the service failed; its log says where",
        503: "the service is starting, or was stopped",
        504: "not judged in time",
    }.items()
}


def api(model: Model, settings: Settings) -> APIRouter:
    """The routes of the posts, bound to what answers them."""
    router = APIRouter()
    held, rates, fetcher = Held(settings.held_bytes), Rates(settings.rate), Fetcher(settings)

    @router.post("/v1/score", response_model=Verdicts, responses=_PROBLEMS, openapi_extra=POSTS)
    async def score(request: Request) -> dict[str, Any]:
        """Judge one post or many. A post that cannot be judged is a verdict with its error."""
        _, verdicts = await _judged(request, explain=False)
        return _answer(verdicts)

    @router.post("/v1/explain", response_model=Explained, responses=_PROBLEMS, openapi_extra=POSTS)
    async def explain(request: Request) -> Any:
        """Judge with evidence: JSON; or of one post a page (text/html) or a ClaimReview's draft (ld+json)."""
        kind = _accepted(request)
        posts, verdicts = await _judged(request, explain=True)
        if kind != JSON:
            return _document(kind, posts, verdicts)
        return _answer(verdicts) | {"inputs": [_hashes(post) for post in posts]}

    @router.get("/v1/detectors")
    def detectors() -> Detectors:
        """Which detector answers here, what it learned from, and which others there are."""
        kinds = {name: detector_class(name) for name in detector_names()}
        known = [KnownDetector(name=name, paper=kind.paper, idea=kind.idea) for name, kind in kinds.items()]
        return Detectors(serving=serving(model.scorer), detectors=known, review=settings.review is not None)

    async def _judged(request: Request, *, explain: bool) -> Judged:
        with held.body() as take:
            given = await read_posts(request, settings, take)
            request.state.posts = len(given)
            rates.take(request, len(given))

            async def judged() -> Judged:
                posts = await with_pictures(given, fetcher, take)
                return posts, await model.judge(posts, explain=explain)

            return await _while_waited_for(request, judged())

    def _answer(verdicts: list[Verdict]) -> dict[str, Any]:
        scorer = model.scorer
        return {
            "verdicts": [record(verdict) for verdict in verdicts],
            "model": {"name": scorer.name, "checkpoint": scorer.checkpoint},
        }

    return router


def figures(model: Model) -> APIRouter:
    """What a monitor asks."""
    router = APIRouter()

    @router.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Figures for Prometheus, of requests, posts, batches and the queue. They tell of no post."""
        return Response(model.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def health(model: Model) -> APIRouter:
    """What an orchestrator asks, which has no key."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the process lives."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: _PROBLEMS[503]})
    def readyz() -> dict[str, str]:
        """Whether posts are judged."""
        _ = model.batcher
        return {"status": "ready"}

    return router


async def _while_waited_for(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of the work, which is stopped where the client goes away. Raises GoneError then."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(request.receive())  # the body was read: what comes now is a farewell
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise GoneError("the client went away before its answer")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


def _accepted(request: Request) -> str:
    """The first kind that the client takes and that can be written."""
    for one in request.headers.get("accept", "*/*").split(","):
        kind = one.split(";")[0].strip().lower()
        if kind in ("*/*", "application/*", ""):
            return JSON
        if kind in (JSON, HTML, CLAIM_REVIEW):
            return kind
    raise MediaTypeError(f"an explanation is written as {JSON}, {HTML} or {CLAIM_REVIEW}; name one in Accept")


def _hashes(post: Post | BadPost) -> dict[str, Any] | None:
    return None if isinstance(post, BadPost) else asdict(input_hashes(post))


def _document(kind: str, posts: list[Post | BadPost], verdicts: list[Verdict]) -> Response:
    if len(posts) != 1:
        raise InputError(f"{kind} is of one post, and {len(posts)} were sent; ask for {JSON}, or send one")
    (post,), (verdict,) = posts, verdicts
    if isinstance(post, BadPost) or verdict.error is not None:
        raise InputError(verdict.error or "the post cannot be judged")
    if kind == HTML:
        return HTMLResponse(explanation_page(post, verdict))
    return JSONResponse(claim_review(post, verdict), media_type=CLAIM_REVIEW)
