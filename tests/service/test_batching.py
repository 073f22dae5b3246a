"""Batches: every post its own verdict, in order; full is refused; what was accepted is answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from rumorscope.errors import NotReadyError
from rumorscope.post import Label, Post, Verdict
from rumorscope.scoring.scorer import BadPost
from rumorscope.service.batching import Batcher
from rumorscope.service.errors import BusyError


class Slow:
    """Answers when it is let; a post's text is its probability."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []

    def prepare(self, post: Post | BadPost) -> BadPost:
        assert isinstance(post, Post)
        return BadPost(post.id, post.text)

    def judge(self, prepared: Sequence[BadPost], *, explain: bool = False) -> list[Verdict]:
        self.go.wait(10)
        self.batches.append([one.id for one in prepared])
        if any(one.error == "broken" for one in prepared):
            raise ZeroDivisionError("broken")
        return [Verdict(one.id, float(one.error), Label.RUMOR, "slow", "0") for one in prepared]


def batcher(judge: Slow, **changed: int) -> Batcher:
    values = {"max_batch": 4, "max_explained": 2, "queue_posts": 8, "prepare_threads": 2} | changed
    return Batcher(judge, max_wait_seconds=0.01, **values)  # type: ignore[arg-type]


def posts(*probabilities: float) -> list[Post]:
    return [Post(str(number), str(p)) for number, p in enumerate(probabilities)]


def test_every_post_gets_its_own_verdict_in_order_and_no_batch_is_too_large() -> None:
    async def ask() -> tuple[list[list[float | None]], Slow]:
        judge = Slow()
        batches = batcher(judge)
        judge.go.set()
        requests = [
            batches(posts(0.1, 0.2, 0.3)),
            batches(posts(0.4)),
            batches(posts(0.5, 0.6), explain=True),
        ]
        answers = await asyncio.gather(*requests)
        await batches.close()
        return [[verdict.rumor_probability for verdict in answer] for answer in answers], judge

    answers, judge = asyncio.run(ask())
    assert answers == [[0.1, 0.2, 0.3], [0.4], [0.5, 0.6]]
    assert max(map(len, judge.batches)) <= 4


def test_posts_of_several_requests_share_a_batch() -> None:
    async def ask() -> list[list[str]]:
        judge = Slow()
        batches = batcher(judge)
        judge.go.set()
        await asyncio.gather(*(batches(posts(0.5)) for _ in range(4)))
        await batches.close()
        return judge.batches

    assert len(asyncio.run(ask())) < 4


def test_what_does_not_fit_is_refused_at_once_and_room_comes_back() -> None:
    async def ask() -> None:
        judge = Slow()
        batches = batcher(judge, queue_posts=3)
        first = asyncio.create_task(batches(posts(0.1, 0.2)))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="2 posts are waiting") as refused:
            await batches(posts(0.3, 0.4))
        assert refused.value.retry_after_seconds >= 1
        judge.go.set()
        assert len(await first) == 2
        assert len(await batches(posts(0.1, 0.2, 0.3))) == 3
        await batches.close()

    asyncio.run(ask())


def test_closing_answers_what_was_accepted_and_accepts_nothing_more() -> None:
    async def ask() -> None:
        judge = Slow()
        batches = batcher(judge)
        accepted = asyncio.create_task(batches(posts(0.1, 0.2)))
        await asyncio.sleep(0)
        closing = asyncio.create_task(batches.close())
        await asyncio.sleep(0)
        with pytest.raises(NotReadyError):
            await batches(posts(0.3))
        judge.go.set()
        await closing
        assert [verdict.rumor_probability for verdict in await accepted] == [0.1, 0.2]

    asyncio.run(ask())


def test_a_batch_that_fails_does_not_stop_the_next() -> None:
    async def ask() -> None:
        judge = Slow()
        judge.go.set()
        batches = batcher(judge)
        broken = asyncio.create_task(batches([Post("1", "broken")]))
        beside = asyncio.create_task(batches(posts(0.3)))
        with pytest.raises(ZeroDivisionError):
            await broken
        assert [verdict.rumor_probability for verdict in await beside] == [0.3]  # of the same batch
        assert len(await batches(posts(0.5))) == 1
        assert batches.waiting == 0
        await batches.close()

    asyncio.run(ask())


def test_a_post_whose_time_is_over_is_not_judged() -> None:
    async def ask() -> list[list[str]]:
        judge = Slow()
        batches = batcher(judge, max_batch=1)
        blocking = asyncio.create_task(batches(posts(0.1)))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await batches([Post("late", "0.9")])
        judge.go.set()
        await blocking
        await batches.close()
        return judge.batches

    assert asyncio.run(ask()) == [["0"]]
