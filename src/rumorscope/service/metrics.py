"""Figures for Prometheus. Labels take few values, all known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rumorscope import __version__
from rumorscope.post import Verdict
from rumorscope.scoring.scorer import Scorer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_POSTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Of one service: a registry of its own, so that two in one process do not share their figures."""

    def __init__(self, scorer: Scorer, queue_posts: int, waiting: Callable[[], float]) -> None:
        """`waiting` says how many posts are accepted and not yet answered."""
        own = self._registry = CollectorRegistry()
        self._requests = Counter(
            "rumorscope_requests", "Requests answered.", ["route", "status"], registry=own
        )
        self._seconds = Histogram(
            "rumorscope_request_seconds", "From a request's head to its answer's end.", ["route"],
            buckets=_SECONDS, registry=own,
        )  # fmt: skip
        self._posts = Counter("rumorscope_posts", "Verdicts given.", ["outcome"], registry=own)
        self._batch = Histogram(
            "rumorscope_batch_posts", "Posts judged at once.", buckets=_POSTS, registry=own
        )
        self._batch_seconds = Histogram(
            "rumorscope_batch_seconds", "Time that a batch took.", buckets=_SECONDS, registry=own
        )
        Gauge("rumorscope_queue_posts", "Posts accepted and not yet answered.", registry=own).set_function(
            waiting
        )
        Gauge("rumorscope_queue_limit_posts", "How many may be.", registry=own).set(queue_posts)
        Gauge(
            "rumorscope_build_info", "What runs.", ["version", "detector", "checkpoint"], registry=own
        ).labels(__version__, scorer.name, scorer.checkpoint).set(1)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch(self, posts: int, seconds: float) -> None:
        """Count a batch."""
        self._batch.observe(posts)
        self._batch_seconds.observe(seconds)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Count what was answered."""
        for verdict in verdicts:
            self._posts.labels(_outcome(verdict)).inc()

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)


def _outcome(verdict: Verdict) -> str:
    if verdict.error is not None:
        return "error"
    if verdict.abstained is not None or verdict.label is None:
        return "undecided"
    return verdict.label.name.lower()
