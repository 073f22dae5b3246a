"""What an operator can set: by options, or by the environment, as RUMORSCOPE_MAX_BATCH=64."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Limits and queues. Every default is for one machine of a few cores."""

    model_config = SettingsConfigDict(env_prefix="RUMORSCOPE_", extra="ignore", frozen=True)

    review: Path | None = Field(default=None, description="audit log of the review queue, an SQLite file")

    max_batch: PositiveInt = Field(default=32, description="posts judged at once")
    max_explained: PositiveInt = Field(
        default=4, description="posts explained at once: each takes several answers"
    )
    max_wait_seconds: NonNegativeFloat = Field(
        default=0.02, description="how long a batch waits for more posts"
    )
    queue_posts: PositiveInt = Field(
        default=256, description="posts accepted and not yet answered; more get a 429"
    )
    prepare_threads: PositiveInt = Field(default=4, description="that decode pictures and tokenise")

    body_bytes: PositiveInt = Field(default=40_000_000, description="of one request")
    posts_per_request: PositiveInt = Field(default=64, description="more go into several requests, or a file")
    request_seconds: PositiveFloat = Field(default=30.0, description="from the body's arrival to the answer")
    shutdown_seconds: PositiveFloat = Field(
        default=30.0, description="to finish what was accepted, once told to stop"
    )

    @model_validator(mode="after")
    def _largest_request_fits(self) -> Settings:
        if self.posts_per_request > self.queue_posts:
            raise ValueError(
                f"posts_per_request={self.posts_per_request} never fit into queue_posts={self.queue_posts}; "
                "lower the one or raise the other"
            )
        return self
