"""The service on Ray Serve: replicas of the same application behind Ray's own proxy.

    serve run rumorscope.service.ray_serve:build run=runs/micc replicas=4

Settings come from the environment (RUMORSCOPE_KEYS, RUMORSCOPE_RATE, …). Rates and figures are each replica's
own, and there is no review queue: its log is one process's.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, PositiveInt

from rumorscope.errors import InputError
from rumorscope.service.settings import Settings


class Arguments(BaseModel):
    """What `serve run` can be told."""

    model_config = ConfigDict(extra="forbid")

    run: str = "compact"
    replicas: PositiveInt = 1
    runtime: str = "auto"


def build(arguments: Arguments) -> Any:
    """The deployment, for `serve run` and `ray.serve.run`. Raises InputError where a queue is asked for."""
    from ray import serve

    settings = Settings()
    if settings.review is not None:
        raise InputError(
            "the review queue's log is one process's; unset RUMORSCOPE_REVIEW, or use rumorscope serve"
        )

    def application() -> FastAPI:
        from rumorscope.scoring.scorer import Scorer
        from rumorscope.service.app import create_app

        scorer = Scorer.load(arguments.run, device="auto", runtime=arguments.runtime)
        return create_app(scorer, settings.model_copy(update={"hosts": ("*",)}))

    deployment = serve.deployment(
        name="rumorscope",
        num_replicas=arguments.replicas,
        max_ongoing_requests=settings.queue_posts,  # the service itself says when it is full
        graceful_shutdown_timeout_s=settings.shutdown_seconds,
    )

    class Service:
        """What Ray calls; the application inside answers."""

    return deployment(serve.ingress(application)(Service)).bind()
