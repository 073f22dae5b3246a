"""The columns of an experiment: each data entry divided into its folds, with what an audit finds there."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.parallel import Progress, no_progress
from rumorscope.data.split_file import SplitPlan, read_split, write_split
from rumorscope.data.splitting import make_split
from rumorscope.errors import InputError
from rumorscope.evaluation.audit import Audit
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.experiments.config import DataEntry
from rumorscope.evaluation.experiments.results import PostClusters
from rumorscope.post import Post
from rumorscope.training.config import DataConfig
from rumorscope.training.files import write_text_whole

AUDIT_FORMAT = 1


@dataclass(frozen=True)
class FoldOfData:
    """One division of a data entry."""

    name: str  # "" where there is one
    split: Path | None  # the file; None where the manifests' own splits hold
    manifests: tuple[Manifest, ...]

    @property
    def fingerprints(self) -> list[str]:
        return [manifest.fingerprint for manifest in self.manifests]

    def divide(self, data: DataConfig) -> DataConfig:
        """The run's data, divided so."""
        fold = self.name or None
        return data.model_copy(update={"split": self.split, "fold": fold if self.split else None})


@dataclass(frozen=True)
class Column:
    """A data entry that was read and divided."""

    entry: DataEntry
    folds: tuple[FoldOfData, ...]
    clusters: PostClusters


def prepare_column(entry: DataEntry, splits: Path, progress: Progress = no_progress) -> Column:
    """Read an entry's manifests and divide them; the file of a split that is made goes into `splits`.

    Raises InputError where the data cannot be divided so, or has no test posts.
    """
    manifests = tuple(load_manifest(folder) for folder in entry.folders)
    folds = tuple(_folds(entry, manifests, splits, progress))
    return Column(entry, folds, _clusters(entry, [post for fold in folds for post in _tested(fold)]))


def audit_column(column: Column, cache: Path, progress: Progress = no_progress) -> Audit | None:
    """What the audit finds in the entry's first fold; None for several folders, which it does not join.

    An audit is kept in `cache` by the fold's fingerprint, and made once.
    """
    from rumorscope.evaluation.audit import audit

    fold = column.folds[0]
    if len(fold.manifests) != 1:
        return None
    path = cache / "audits" / f"{fold.manifests[0].fingerprint[:32]}-{AUDIT_FORMAT}.json"
    if path.is_file():
        return Audit.from_dict(json.loads(path.read_text(encoding="utf-8")))
    found = audit(fold.manifests[0], progress)
    write_text_whole(path, json.dumps(found.as_dict(), ensure_ascii=False) + "\n")
    return found


def _folds(
    entry: DataEntry, manifests: tuple[Manifest, ...], splits: Path, progress: Progress
) -> Iterator[FoldOfData]:
    if entry.split is None and entry.protocol == "published":
        yield FoldOfData("", None, manifests)
        return
    path = entry.split or splits / f"{_slug(entry.name)}.json"
    plan = read_split(path) if path.is_file() or entry.split else None
    if plan is None or not (entry.split or _is_of(plan, entry, manifests[0])):
        plan = make_split(
            manifests[0],
            entry.protocol,
            seed=entry.split_seed,
            ratios=entry.shares,
            folds=entry.folds,
            progress=progress,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_split(plan, path)
    for fold in plan.folds:
        yield FoldOfData(fold.name, path, (plan.apply(manifests[0], fold.name or None),))


def _is_of(plan: SplitPlan, entry: DataEntry, manifest: Manifest) -> bool:
    """Whether a file that lies there is the split that the entry asks for."""
    made = (plan.protocol, plan.seed, plan.ratios, plan.fingerprint)
    asked = (entry.protocol, entry.split_seed, entry.shares, manifest.fingerprint)
    return made == asked and (entry.protocol == "leave_one_event_out" or len(plan.folds) == entry.folds)


def _tested(fold: FoldOfData) -> Iterator[Post]:
    """The test posts without their labels: only how they hang together is asked of them here."""
    for manifest in fold.manifests:
        for post, split in zip(manifest.posts, manifest.splits, strict=True):
            if split == "test":
                yield replace(post, label=None)


def _clusters(entry: DataEntry, posts: Sequence[Post]) -> PostClusters:
    if not posts:
        raise InputError(f"'{entry.name}' has no test posts; choose a protocol that makes some: random")
    repeated = [id for id, count in Counter(post.id for post in posts).items() if count > 1]
    if repeated:
        raise InputError(
            f"'{entry.name}' tests {len(repeated)} posts more than once, such as {repeated[0]}; each post of "
            "its folders needs an id of its own, and a place in one fold's test"
        )
    clusters = cluster_posts(posts)
    numbers = {post.id: int(number) for post, number in zip(posts, clusters.index, strict=True)}
    return PostClusters(clusters.by, numbers)


def _slug(name: str) -> str:
    """A file's name out of a data entry's; a hash keeps names apart that differ in other signs."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
