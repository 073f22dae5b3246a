"""A detector that trains in milliseconds: word embeddings and one convolution, in two stages.

It builds its own towers, so a checkpoint of it needs nothing but its weights. `registered` lets this and
other processes find it by the name "toy", as they find the detectors of other packages.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from rumorscope.config import Settings
from rumorscope.detectors import Detector, Output, ParameterGroup, Stage
from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, RegionGrid, TextEncoder, TextFeatures
from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.post import Label, Post

WORDS = ("[PAD]", "[UNK]", "fake", "shark", "flood", "storm", "calm", "park", "police", "bridge")
WIDTH, SIDE = 8, 16


class ToyText(TextEncoder):
    width, max_tokens = WIDTH, 8

    def __init__(self) -> None:
        super().__init__()
        vocabulary = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, "[UNK]"))
        vocabulary.pre_tokenizer = pre_tokenizers.Whitespace()
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_object=vocabulary, pad_token="[PAD]")
        self.embedding = nn.Embedding(len(WORDS), WIDTH)
        self.encoded = 0  # texts, for tests that count

    def forward(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        self.encoded += len(token_ids)
        tokens = self.embedding(token_ids)
        weights = token_mask / token_mask.sum(dim=1, keepdim=True).clamp(min=1)
        return TextFeatures(tokens, (tokens * weights[..., None]).sum(dim=1))

    def save_architecture(self, folder: Path) -> None:
        folder.mkdir(parents=True)


class ToyImage(ImageEncoder):
    width, image_size = WIDTH, SIDE
    grid = RegionGrid(torch.zeros(4, dtype=torch.int64), torch.zeros(4, 4), (8,))

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, kernel_size=8, stride=8)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.encoded = 0  # pictures, for tests that count

    def forward(self, pixels: Tensor) -> ImageFeatures:
        self.encoded += len(pixels)
        regions = self.norm(self.patches(pixels / 255)).flatten(2).mT  # (U, 4, D)
        return ImageFeatures(regions, regions.mean(dim=1))

    def save_architecture(self, folder: Path) -> None:
        folder.mkdir(parents=True)


class ToyConfig(Settings):
    dropout: float = 0.2
    image_learning_rate: float = 0.01  # 0 freezes the image tower
    batch_size: int = 4
    epochs: int = 3
    pretraining: bool = True


class Toy(Detector):
    Config = ToyConfig
    paper = "none"
    idea = "A word and a colour, each brought to eight numbers."

    def __init__(self, config: ToyConfig, towers: Any = None) -> None:
        super().__init__(config, towers)
        self.config = config
        self.text, self.image = ToyText(), ToyImage()
        self.preprocess = Preprocess(self.text.tokenizer, ToyText.max_tokens, SIDE)
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTH, WIDTH) for name in ("text", "image")})
        self.judgment = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(2 * WIDTH, 1))

    def forward(self, batch: Batch) -> Output:
        text = self.heads["text"](self.text(batch.token_ids, batch.token_mask).pooled)
        pictures = self.heads["image"](self.image(batch.pixels).pooled)  # (U, D)
        none = pictures.new_zeros(1, WIDTH)
        first = (
            batch.image_index[:, :1]
            if batch.image_index.shape[1]
            else batch.image_index.new_full((len(batch), 1), -1)
        )
        image = torch.cat([pictures, none])[first.squeeze(1)]  # -1 takes the zeros
        features = torch.cat([text, image], dim=1)
        return Output(self.judgment(features).squeeze(1), features)

    def stages(self) -> Sequence[Stage]:
        rate = self.config.image_learning_rate
        trained = [*self.text.parameters(), *self.heads.parameters(), *self.judgment.parameters()]
        groups = [ParameterGroup(trained, 0.02)]
        if rate:
            groups.append(ParameterGroup(list(self.image.parameters()), rate))
        pretraining = Stage(
            name="pretraining",
            loss=_closeness,
            groups=[ParameterGroup(list(self.heads.parameters()), 0.01)],
            epochs=2,
            batch_size=self.config.batch_size,
            data="captions",
            sampling="one_per_image",
            select="last",
        )
        end_to_end = Stage(
            name="end_to_end",
            loss=_cross_entropy,
            groups=groups,
            epochs=self.config.epochs,
            batch_size=self.config.batch_size,
        )
        return [pretraining, end_to_end] if self.config.pretraining else [end_to_end]


def _closeness(output: Output, batch: Batch) -> dict[str, Tensor]:
    text, image = output.features.chunk(2, dim=1)
    return {"distance": (text - image).square().mean(), "size": (image.norm(dim=1) - 1).square().mean()}


def _cross_entropy(output: Output, batch: Batch) -> dict[str, Tensor]:
    return {"binary_cross_entropy": F.binary_cross_entropy_with_logits(output.logits, batch.labels)}


def toy(**changes: Any) -> Toy:
    """The same weights each time."""
    torch.manual_seed(0)
    return Toy(ToyConfig(**changes))


def toy_posts(count: int = 18) -> list[Post]:
    """Posts with labels that their words tell, six pictures, and some posts without any."""
    colours = ("red", "green", "blue", "gold", "navy", "pink")
    posts = []
    for index in range(count):
        label = Label(index % 2)
        words = (
            ("fake shark storm", "flood fake bridge")
            if label is Label.RUMOR
            else ("calm park", "police bridge")
        )
        images = () if index % 7 == 6 else (_picture(colours[index % 6]),)
        posts.append(Post(str(index), words[index // 2 % 2], images, label, f"event {index // 6}"))
    return posts


def toy_captions() -> list[Post]:
    """Ten captions of five pictures."""
    colours = ("red", "green", "blue", "gold", "navy")
    return [Post(f"{c} {n}", f"{WORDS[2 + n]} {c}", (_picture(c),)) for c in colours for n in range(2)]


def _picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(file, format="PNG")
    return file.getvalue()


def write_manifest(folder: Path, posts: Sequence[Post], splits: Sequence[str | None]) -> Path:
    """A manifest with its pictures as files."""
    folder.mkdir(parents=True)
    rows = []
    for post, split in zip(posts, splits, strict=True):
        names = []
        for image in post.images:
            assert isinstance(image, bytes)
            names.append(f"{hashlib.sha256(image).hexdigest()[:16]}.png")
            (folder / names[-1]).write_bytes(image)
        row = {"id": post.id, "text": post.text, "file_names": names, "split": split, "event": post.event}
        rows.append(row | {"label": None if post.label is None else int(post.label)})
    (folder / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder


def registered(folder: Path) -> Path:
    """A folder for the module search path in which an installed package registers "toy"."""
    info = folder / "toy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[rumorscope.detectors]\ntoy = training.toy:Toy\n")
    return folder
