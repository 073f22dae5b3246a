"""Which posts a run learns from, which validate it, and which captions pretrain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rumorscope.data.hold_out import hold_out
from rumorscope.data.manifest import Manifest, load_manifest
from rumorscope.data.split_file import divided
from rumorscope.data.thinning import thin
from rumorscope.detectors import Fit, Stage
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.training.config import DataConfig
from rumorscope.training.forgeries import news_forgeries, saved_alike

TRAINING_SPLITS = ("train", None)  # a manifest without splits is all for training
VALIDATION_SPLITS = ("validation",)


@dataclass(frozen=True)
class Material:
    """The posts of a run. Nothing here is of a test split."""

    train: Sequence[Post]
    validation: Sequence[Post] = ()
    captions: Sequence[Post] = ()
    caption_validation: Sequence[Post] = ()
    forgeries: Sequence[Post] = ()  # pictures alone: of forgery sets, and news pictures beside copies forged
    forgery_validation: Sequence[Post] = ()  # of forgery sets
    fingerprints: dict[str, str] = field(default_factory=dict)  # folder → of its manifest
    divisions: dict[str, str] = field(default_factory=dict)  # fingerprint of the posts → with their parts

    def of(self, stage: Stage | Fit) -> tuple[Sequence[Post], Sequence[Post]]:
        """The stage's training and validation posts. Raises InputError where they cannot serve it."""
        train, validation = self._pair(stage)
        if not train:
            raise InputError(
                f"stage '{stage.name}' learns from {stage.data}, and the run has none; {_HELP[stage.data]}"
            )
        if stage.select == "validation" and not validation:
            raise InputError(
                f"stage '{stage.name}' selects its epoch on validation {stage.data}, and the run has none; "
                f"{_VALIDATION_HELP[stage.data]}"
            )
        if stage.sampling == "one_per_image":
            _refuse([post for post in train if not post.images], stage, "without an image")
        if stage.data == "posts":
            _refuse([post for post in [*train, *validation] if post.label is None], stage, "without a label")
        return train, validation

    def _pair(self, stage: Stage | Fit) -> tuple[Sequence[Post], Sequence[Post]]:
        if stage.data == "captions":
            return self.captions, self.caption_validation
        if stage.data == "forgeries":
            return self.forgeries, self.forgery_validation
        return self.train, self.validation


_VALIDATION_HELP = {
    "posts": "give the manifest a 'validation' split, or set [data.hold_out]",
    "captions": "give the captions' manifest a 'validation' split",
    "forgeries": "give the forgery set a 'validation' split",
}
_HELP = {
    "posts": "name a folder with a manifest under [data] folders, or with --data",
    "captions": "name a folder with captions under [data] captions, or with --captions, "
    "or leave the stage out with epochs = 0 under [training.stages.<name>]",
    "forgeries": "name a forgery set under [data] forgeries (`rumorscope data import casia1`), or leave the "
    "stage out with epochs = 0 under [training.stages.<name>]",
}


def gather(config: DataConfig, seed: int = 0) -> Material:
    """Read the run's manifests; `seed` chooses the training posts where `posts_per_image` leaves some out.

    Raises InputError where a manifest is missing, broken, or not what `split` is of.
    """
    manifests = _divided(config, [load_manifest(folder) for folder in config.folders])
    captions = [load_manifest(folder) for folder in config.captions]
    forgeries = [load_manifest(folder) for folder in config.forgeries]
    train, validation = _of(manifests, TRAINING_SPLITS), _of(manifests, VALIDATION_SPLITS)
    if (held := config.hold_out) and not (config.split and validation):
        train, validation = hold_out([*train, *validation], held.by, held.fraction, held.seed)
    if config.posts_per_image:
        train = thin(train, config.posts_per_image, seed)
    forged = saved_alike(_of(forgeries, TRAINING_SPLITS))
    return Material(
        train=train,
        validation=validation,
        captions=_of(captions, TRAINING_SPLITS),
        caption_validation=_of(captions, VALIDATION_SPLITS),
        forgeries=[*forged, *news_forgeries(train, most=len(forged) // 2)],
        forgery_validation=saved_alike(_of(forgeries, VALIDATION_SPLITS)),
        fingerprints={
            str(manifest.folder): manifest.fingerprint for manifest in [*manifests, *captions, *forgeries]
        },
        divisions={manifest.origin: manifest.fingerprint for manifest in manifests},
    )


def _divided(config: DataConfig, manifests: Sequence[Manifest]) -> list[Manifest]:
    """The manifests with the splits to use: their own, or those of the split file."""
    if config.split is not None and len(manifests) != 1:
        raise InputError(
            f"a split file divides one folder, and the run has {len(manifests)}; name one folder"
        )
    return [divided(manifest, config.split, config.fold) for manifest in manifests]


def _of(manifests: Sequence[Manifest], splits: Sequence[str | None]) -> list[Post]:
    return [
        post
        for manifest in manifests
        for post, split in zip(manifest.posts, manifest.splits, strict=True)
        if split in splits
    ]


def _refuse(posts: Sequence[Post], stage: Stage | Fit, lack: str) -> None:
    if posts:
        shown = ", ".join(post.id for post in posts[:3])
        raise InputError(
            f"stage '{stage.name}' cannot use posts {lack}: {len(posts)} of them ({shown}, …); remove them"
        )
