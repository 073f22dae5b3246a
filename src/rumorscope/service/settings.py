"""What an operator can set: by options, or by the environment, as RUMORSCOPE_MAX_BATCH=64."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _checked_rate(rate: str) -> str:
    try:
        parse(rate)
    except ValueError:
        raise ValueError(f"{rate!r} is no rate; write one such as '600/minute' or '5/second'") from None
    return rate


_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE)


def _checked_host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host; write one such as 'pics.example.org' or '*.example.org'")
    return host


class Settings(BaseSettings):
    """Limits and queues. Every default is for one machine of a few cores."""

    model_config = SettingsConfigDict(env_prefix="RUMORSCOPE_", extra="ignore", frozen=True)

    keys: Path | None = Field(
        default=None, description="file of API keys; whoever asks needs one of them, where it is given"
    )
    hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost"),
        description="names under which it may be called, as in RUMORSCOPE_HOSTS='[\"rumors.example.org\"]'; "
        "any, where it is opened by --host",
    )
    rate: Annotated[str, AfterValidator(_checked_rate)] | None = Field(
        default=None, description="posts that a key, or an address without one, may send: '600/minute'"
    )
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
    held_bytes: PositiveInt = Field(
        default=400_000_000, description="of the bodies of all requests under way; more get a 429"
    )
    posts_per_request: PositiveInt = Field(default=64, description="more go into several requests, or a file")
    request_seconds: PositiveFloat = Field(default=30.0, description="from the body's arrival to the answer")
    shutdown_seconds: PositiveFloat = Field(
        default=30.0, description="to finish what was accepted, once told to stop"
    )

    fetch_hosts: tuple[Annotated[str, AfterValidator(_checked_host)], ...] = Field(
        default=(),
        description="hosts that pictures may be fetched from by URL, as in "
        'RUMORSCOPE_FETCH_HOSTS=\'["pics.example.org", "*.example.com"]\'',
    )
    fetch_http: bool = Field(default=False, description="whether also by http://, which anybody can alter")
    fetch_seconds: PositiveFloat = Field(default=10.0, description="for one picture by URL, in all")
    fetch_bytes: PositiveInt = Field(default=10_000_000, description="of one picture by URL")

    @model_validator(mode="after")
    def _largest_request_fits(self) -> Settings:
        if self.posts_per_request > self.queue_posts:
            raise ValueError(
                f"posts_per_request={self.posts_per_request} never fit into queue_posts={self.queue_posts}; "
                "lower the one or raise the other"
            )
        if self.rate is not None and parse(self.rate).amount < self.posts_per_request:
            raise ValueError(
                f"rate={self.rate} never lets posts_per_request={self.posts_per_request} through; "
                "lower the one or raise the other"
            )
        if self.body_bytes > self.held_bytes:
            raise ValueError(f"body_bytes={self.body_bytes} never fit into held_bytes={self.held_bytes}")
        return self
