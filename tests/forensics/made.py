"""A forgery set made on the spot, and a detector that finds its forgeries by their white square."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from rumorscope.data.manifest import write_rows
from rumorscope.data.row import Row
from rumorscope.forensics.recompression import jpeg
from rumorscope.training.checkpoint import save_checkpoint
from training.toy import SIDE, Toy, ToyConfig

AUTHENTIC_QUALITY, TAMPERED_QUALITY = 95, 80
SIZE = (64, 48)


class Finder(Toy):
    """Calls altered what is white, at 8 x 8 places; unsure of the rest."""

    def manipulation(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        white = (pixels.float().mean(dim=1) > 215).float()  # (U, S, S)
        places = torch.nn.functional.avg_pool2d(white[:, None], SIDE // 8)[:, 0]  # (U, 8, 8)
        return 40 * places.amax(dim=(1, 2)) - 20, 8 * places - 4


def background(seed: int) -> Image.Image:
    values = np.random.default_rng(seed).integers(90, 130, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def forged(seed: int) -> tuple[Image.Image, Image.Image]:
    """A picture with a white square in a quarter of it that the seed chooses, and its mask."""
    picture, mask = background(seed), Image.new("1", SIZE)
    left, top = 32 * (seed % 2), 24 * (seed // 2 % 2)
    for image, white in ((picture, (255, 255, 255)), (mask, 1)):
        image.paste(white, (left, top, left + 32, top + 24))
    return picture, mask


def forgery_set(folder: Path, groups: int = 6) -> Path:
    """A manifest: in each group an authentic picture and a tampered one, saved by other qualities."""
    folder.mkdir()
    rows = []
    for group in range(groups):
        picture, mask = forged(group)
        (folder / f"au{group}.jpg").write_bytes(jpeg(background(group), AUTHENTIC_QUALITY))
        (folder / f"tp{group}.jpg").write_bytes(jpeg(picture, TAMPERED_QUALITY))
        mask.save(folder / f"tp{group}.png")
        known = {"text": "", "split": "train" if group < groups // 2 else "test", "event": f"source {group}"}
        rows.append(Row(id=f"au{group}", images_file_names=(f"au{group}.jpg",), tampered=False, **known))
        rows.append(
            Row(id=f"tp{group}", images_file_names=(f"tp{group}.jpg",), tampered=True, tampering="splice",
                mask_file_name=f"tp{group}.png", **known)
        )  # fmt: skip
    write_rows(folder, rows)
    return folder


def finder_run(folder: Path) -> Path:
    """The finder as a run; whoever loads it must know the detector "finder"."""
    torch.manual_seed(0)
    config = ToyConfig()
    save_checkpoint(Finder(config), folder / "checkpoint", name="finder", config=config, details={})
    (folder / "history.jsonl").touch()
    return folder
