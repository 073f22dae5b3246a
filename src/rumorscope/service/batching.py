"""Posts of many requests → verdicts, in batches: bounded, in order, by the one thread that runs the model.

A post is accepted or refused at once. What was accepted is judged, even when the service is told to
stop; only the end of its request's time takes a post out again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from rumorscope.encoders.preprocess import Sample
from rumorscope.errors import NotReadyError
from rumorscope.post import Post, Verdict
from rumorscope.scoring.scorer import BadPost
from rumorscope.service.errors import BusyError

Prepared = Sample | BadPost


class Judge(Protocol):
    """What the batches need of a `Scorer`."""

    def prepare(self, post: Post | BadPost) -> Prepared: ...

    def judge(self, prepared: Sequence[Prepared], *, explain: bool = False) -> list[Verdict]: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    prepared: Prepared
    verdict: asyncio.Future[Verdict]  # cancelled where nobody waits for it any more

    def answer(self, verdict: Verdict) -> None:
        if not self.verdict.done():
            self.verdict.set_result(verdict)

    def fail(self, error: Exception) -> None:
        if not self.verdict.done():
            self.verdict.set_exception(error)


@dataclass
class _Lane:
    """Requests of one kind wait in a lane of their own, so that slow explanations do not hold up scores."""

    explain: bool
    max_batch: int
    queue: asyncio.Queue[_Waiting] = field(default_factory=asyncio.Queue)  # bounded by the admission


class Batcher:
    """Judges with one `Judge`. To be used from one event loop."""

    def __init__(
        self,
        judge: Judge,
        *,
        max_batch: int,
        max_explained: int,
        max_wait_seconds: float,
        queue_posts: int,
        prepare_threads: int,
        observe: Callable[[int, float], None] = lambda posts, seconds: None,
    ) -> None:
        """`observe` is told of each batch: its posts, and the seconds that they took."""
        self._judge = judge
        self._max_wait_seconds = max_wait_seconds
        self._queue_posts = queue_posts
        self._observe = observe
        self._readers = ThreadPoolExecutor(prepare_threads, thread_name_prefix="prepare")
        self._model = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._lanes = {False: _Lane(False, max_batch), True: _Lane(True, max_explained)}
        self._loops = [asyncio.create_task(self._serve(lane)) for lane in self._lanes.values()]
        self._posts_per_second = 0.0
        self._stopping = False
        self.waiting = 0  # posts accepted and not yet answered

    async def __call__(self, posts: Sequence[Post | BadPost], *, explain: bool = False) -> list[Verdict]:
        """One verdict a post, in order. Raises BusyError, with nothing done, where there is no room."""
        if self._stopping:
            raise NotReadyError("the service is being stopped; ask another one, or try again")
        if self.waiting + len(posts) > self._queue_posts:
            raise BusyError(f"{self.waiting} posts are waiting already", self._seconds_until_room(len(posts)))
        self.waiting += len(posts)
        try:
            async with asyncio.TaskGroup() as tasks:
                found = [tasks.create_task(self._verdict(post, self._lanes[explain])) for post in posts]
            return [task.result() for task in found]
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
        finally:
            self.waiting -= len(posts)

    async def close(self) -> None:
        """Accept nothing more, and return once everything accepted was answered."""
        self._stopping = True
        while self.waiting:
            await asyncio.sleep(0.01)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._readers.shutdown()
        self._model.shutdown()

    async def _verdict(self, post: Post | BadPost, lane: _Lane) -> Verdict:
        loop = asyncio.get_running_loop()
        prepared = await loop.run_in_executor(self._readers, self._judge.prepare, post)
        waiting = _Waiting(prepared, loop.create_future())
        lane.queue.put_nowait(waiting)
        return await waiting.verdict

    async def _serve(self, lane: _Lane) -> None:
        while True:
            await self._answer(await self._gather(lane), explain=lane.explain)

    async def _answer(self, waiting: Sequence[_Waiting], *, explain: bool) -> None:
        """Judge at once those whose answer is still waited for; where that fails, each by itself."""
        batch = [one for one in waiting if not one.verdict.done()]
        if not batch:
            return
        started = time.perf_counter()
        judge = partial(self._judge.judge, [one.prepared for one in batch], explain=explain)
        try:
            verdicts = await asyncio.get_running_loop().run_in_executor(self._model, judge)
        except Exception as error:  # noqa: BLE001  # the next batch must be served all the same
            if len(batch) == 1:
                batch[0].fail(error)
                return
            for one in batch:
                await self._answer([one], explain=explain)
            return
        for one, verdict in zip(batch, verdicts, strict=True):
            one.answer(verdict)
        self._note(len(batch), time.perf_counter() - started)

    async def _gather(self, lane: _Lane) -> list[_Waiting]:
        """The first that comes, and what comes within the bound on waiting."""
        batch = [await lane.queue.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._max_wait_seconds):
                while len(batch) < lane.max_batch:
                    batch.append(await lane.queue.get())
        return batch

    def _note(self, posts: int, seconds: float) -> None:
        """A mean of the rate that forgets: each batch counts for a fifth."""
        self._observe(posts, seconds)
        rate = posts / max(seconds, 1e-6)
        before = self._posts_per_second or rate
        self._posts_per_second = 0.8 * before + 0.2 * rate

    def _seconds_until_room(self, posts: int) -> int:
        too_many = self.waiting + posts - self._queue_posts
        return max(1, min(60, round(too_many / self._posts_per_second))) if self._posts_per_second else 1
