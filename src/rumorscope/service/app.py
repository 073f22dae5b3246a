"""The application: the API, the page, the review queue, and what keeps other sites' pages out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rumorscope import __version__
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.description import describe_bodies
from rumorscope.service.errors import answer_errors
from rumorscope.service.model import Model
from rumorscope.service.review.routes import review_router
from rumorscope.service.review.store import ReviewStore
from rumorscope.service.routes import api
from rumorscope.service.settings import Settings
from rumorscope.service.site import Guard, mount_page

HOSTS = ["127.0.0.1", "localhost"]
"""Under which names this machine's own browser finds the service; any other is a trick of DNS."""


def create_app(scorer: Scorer, settings: Settings) -> FastAPI:
    """The service around a scorer."""
    model = Model(scorer, settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        model.start()
        yield
        await model.stop()

    app = FastAPI(title="rumorscope", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    app.add_middleware(Guard)
    answer_errors(app)
    app.include_router(api(model, settings))
    if settings.review is not None:
        app.include_router(review_router(ReviewStore(settings.review)))
    describe_bodies(app)
    mount_page(app)
    return app
