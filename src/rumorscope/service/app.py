"""The application: the API, the page, the review queue, and what keeps other sites' pages out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rumorscope import __version__
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.admission import needs_key
from rumorscope.service.description import describe_bodies
from rumorscope.service.errors import answer_errors
from rumorscope.service.keys import Keys
from rumorscope.service.model import Model
from rumorscope.service.observing import Observer, json_logger
from rumorscope.service.review.routes import review_router
from rumorscope.service.review.store import ReviewStore
from rumorscope.service.routes import api, figures, health
from rumorscope.service.settings import Settings
from rumorscope.service.site import Guard, mount_page


def create_app(scorer: Scorer, settings: Settings, *, log: Any = None) -> FastAPI:
    """The service around a scorer. `log` is structlog's; without, lines go to the standard error output.

    Raises InputError where the keys' file cannot be read.
    """
    private = [needs_key(Keys.read(settings.keys))] if settings.keys is not None else []
    model = Model(scorer, settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        model.start()
        yield
        await model.stop()

    app = FastAPI(title="rumorscope", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)
    app.add_middleware(Guard)
    app.add_middleware(Observer, metrics=model.metrics, log=log or json_logger())
    answer_errors(app)
    app.include_router(health(model))
    app.include_router(figures(model), dependencies=private)
    app.include_router(api(model, settings), dependencies=private)
    if settings.review is not None:
        app.include_router(review_router(ReviewStore(settings.review)), dependencies=private)
    describe_bodies(app)
    mount_page(app)
    return app
