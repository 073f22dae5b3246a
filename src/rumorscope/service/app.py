"""The application: the API, the page, the review queue, and the headers of every answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rumorscope import __version__
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.errors import answer_errors
from rumorscope.service.model import Model
from rumorscope.service.review.routes import review_router
from rumorscope.service.review.store import ReviewStore
from rumorscope.service.routes import api
from rumorscope.service.settings import Settings
from rumorscope.service.site import HEADERS, mount_page


def create_app(scorer: Scorer | Callable[[], Scorer], settings: Settings | None = None) -> FastAPI:
    """The service around a scorer, or around what loads one: then it starts at once and is ready later."""
    settings = settings or Settings()
    model = Model((lambda: scorer) if isinstance(scorer, Scorer) else scorer, settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(model.start())
        if isinstance(scorer, Scorer):
            await loading
        yield
        loading.cancel()
        await model.stop()

    app = FastAPI(title="rumorscope", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(_Headers)
    answer_errors(app)
    app.include_router(api(model, settings))
    if settings.review is not None:
        app.include_router(review_router(ReviewStore(settings.review)))
    mount_page(app)
    return app


class _Headers:
    """Adds the headers that every answer carries, unless the answer brings its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
