"""The `Scorer` on many machines: called as one is, it answers the same, in the same order.

Posts go out in shares of whole batches, and verdicts come back in order to the one process that reads the
file and writes the journal. So a run over a cluster resumes as any other does, no row is lost or doubled
whatever dies, and its output is that of one machine to the byte. (Ray Data would hide which rows are done.)
Workers read the pictures themselves: all machines must see them under one path.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rumorscope import __version__
from rumorscope.errors import InputError
from rumorscope.post import Post, Verdict
from rumorscope.scoring.scorer import BadPost, Scorer

SHARE_BATCHES = 8
"""Batches a worker gets at once: enough to read the pictures of one while another is judged."""

AHEAD = 3
"""Shares a worker has waiting, so that it never waits for the one who reads the file."""

ATTEMPTS = 3
"""How often a share is tried again when its worker dies; then each of its posts by itself."""

Given = Post | BadPost


class Worker:
    """One process of the cluster, with a detector of its own."""

    def __init__(self, load: Callable[[], Scorer]) -> None:
        self._scorer = load()

    def identity(self) -> tuple[str, str, str, str, int]:
        """Detector, checkpoint, runtime, version of this software, and the process."""
        scorer = self._scorer
        return scorer.name, scorer.checkpoint, scorer.runtime, __version__, os.getpid()

    def judge(self, posts: Sequence[Given], batch_size: int, explain: bool) -> list[Verdict]:
        """One verdict a post, in order."""
        return list(self._scorer(posts, batch_size=batch_size, explain=explain))


class Cluster:
    """Judges posts by workers that `load` a `Scorer` each: on the cluster of RAY_ADDRESS, or this machine."""

    def __init__(self, load: Callable[[], Scorer], workers: int | None = None) -> None:
        """`workers` is one a processor of the cluster unless given.

        Raises InputError where Ray is missing, and where the workers do not hold the same detector.
        """
        if find_spec("ray") is None:
            raise InputError("--ray needs more packages: pip install 'rumorscope[ray]'")
        import ray

        _connect(ray)
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        # A worker that dies is begun anew, by Ray, wherever there is room.
        remote = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=ATTEMPTS)(Worker)
        self._ray = ray
        self._workers = [remote.remote(load) for _ in range(count)]
        found = ray.get([worker.identity.remote() for worker in self._workers])
        self.processes = [process for *_, process in found]
        kinds = {tuple(kind) for *kind, _ in found}
        if len(kinds) > 1:
            raise InputError(
                f"the cluster's machines hold different detectors or versions: {sorted(kinds)}; install the "
                "same version everywhere, and name a run that all of them see"
            )
        self.name, self.checkpoint, self.runtime, version = kinds.pop()
        if version != __version__:
            raise InputError(f"the cluster runs rumorscope {version}, and this is {__version__}; use one")

    def __call__(
        self, posts: Iterable[Given], *, batch_size: int = 32, explain: bool = False
    ) -> Iterator[Verdict]:
        """One verdict a post, in order, as they come; a bounded number of posts is under way."""
        posts, turn = map(_anywhere, posts), itertools.cycle(self._workers)
        pending: deque[tuple[list[Given], Any]] = deque()
        while share := list(itertools.islice(posts, SHARE_BATCHES * batch_size)):
            pending.append((share, next(turn).judge.remote(share, batch_size, explain)))
            if len(pending) >= AHEAD * len(self._workers):
                yield from self._answer(*pending.popleft(), explain=explain)
        while pending:
            yield from self._answer(*pending.popleft(), explain=explain)

    def close(self) -> None:
        """Let the workers go."""
        for worker in self._workers:
            self._ray.kill(worker)

    def _answer(self, share: Sequence[Given], under_way: Any, *, explain: bool) -> Iterator[Verdict]:
        """A share's verdicts; a post that kills every worker that tries it becomes an error."""
        errors = self._ray.exceptions
        try:
            yield from self._ray.get(under_way)
        except errors.RayTaskError:
            raise  # no worker died: the error is the program's
        except errors.RayError:
            if len(share) == 1:
                (post,) = share
                yield self._failed(post)
                return
            for post in share:
                again = self._workers[0].judge.remote([post], 1, explain)
                yield from self._answer([post], again, explain=explain)

    def _failed(self, post: Given) -> Verdict:
        error = f"post {post.id}: {1 + ATTEMPTS} workers died over it; score it by itself to see why"
        return Verdict(post.id, None, None, self.name, self.checkpoint, error=error)


def _anywhere(post: Given) -> Given:
    """With paths that lead to the pictures from any working folder."""
    if isinstance(post, BadPost):
        return post
    return replace(post, images=tuple(s.absolute() if isinstance(s, Path) else s for s in post.images))


def _connect(ray: Any) -> None:
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    # A cluster that is there already has its own settings, and refuses others.
    own = {} if os.environ.get("RAY_ADDRESS") else {"include_dashboard": False}
    try:
        ray.init(log_to_driver=False, **own)
    except (ConnectionError, ValueError) as error:
        raise InputError(f"there is no Ray cluster at {os.environ.get('RAY_ADDRESS')}: {error}") from error
