"""The detector that a service answers with, from the first request to the last verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rumorscope.errors import NotReadyError
from rumorscope.post import Post, Verdict
from rumorscope.scoring.scorer import BadPost, Scorer
from rumorscope.service.batching import Batcher
from rumorscope.service.card import read_card
from rumorscope.service.errors import TooSlowError
from rumorscope.service.metrics import Metrics
from rumorscope.service.schemas import Serving
from rumorscope.service.settings import Settings


class Model:
    """Judges between `start` and `stop`; asked too early or too late, it raises NotReadyError."""

    def __init__(self, scorer: Scorer, settings: Settings) -> None:
        self.scorer = scorer
        self.metrics = Metrics(scorer, settings.queue_posts, self._waiting)
        self._settings = settings
        self._batcher: Batcher | None = None

    def start(self) -> None:
        """Judge one post, so that the first request finds everything warm, and take requests."""
        list(self.scorer([Post("", "warm-up")]))
        settings = self._settings
        self._batcher = Batcher(
            self.scorer,
            max_batch=settings.max_batch,
            max_explained=settings.max_explained,
            max_wait_seconds=settings.max_wait_seconds,
            queue_posts=settings.queue_posts,
            prepare_threads=settings.prepare_threads,
            observe=self.metrics.batch,
        )

    async def stop(self) -> None:
        """Answer what was accepted, and accept nothing more."""
        if self._batcher is not None:
            batcher, self._batcher = self._batcher, None
            await batcher.close()

    @property
    def batcher(self) -> Batcher:
        """What takes posts. Raises NotReadyError where nothing does."""
        if self._batcher is None:
            raise NotReadyError("the service is starting, or was stopped; try again in a moment")
        return self._batcher

    async def judge(self, posts: Sequence[Post | BadPost], *, explain: bool) -> list[Verdict]:
        """One verdict a post. Raises NotReadyError, BusyError, and TooSlowError after the request's time."""
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                verdicts = await self.batcher(posts, explain=explain)
        except TimeoutError:
            raise TooSlowError(
                f"not judged within {self._settings.request_seconds:g} s; send fewer posts at once"
            ) from None
        self.metrics.verdicts(verdicts)
        return verdicts

    def _waiting(self) -> float:
        return self._batcher.waiting if self._batcher is not None else 0


def serving(scorer: Scorer) -> Serving:
    """What a client should know of the detector before it believes it."""
    details, detector = scorer.details, scorer.detector
    posts = details.get("posts", {})
    validation = details.get("validation")
    card = read_card(scorer.folder, scorer.checkpoint) if scorer.folder else None
    return Serving(
        name=scorer.name,
        checkpoint=scorer.checkpoint,
        runtime=scorer.runtime,
        paper=detector.paper,
        idea=detector.idea,
        reads=sorted(detector.reads, reverse=True),
        trained_on=list(details.get("data", {})),
        training_posts=posts.get("train"),
        threshold=scorer.calibration.threshold,
        undecided=list(scorer.calibration.undecided),
        notices_unlike_posts=scorer.domain is not None,
        validation=validation and {**validation, "posts": posts.get("validation")},
        card=card.model_dump() if card else None,
    )
