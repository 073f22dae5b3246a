"""Teach a randomly initialised MobileNetV2 to see as a pretrained one does, from a few thousand pictures.

Every view is a fresh crop, warp and mixture of the pictures, and the teacher answers for that very view,
so a small collection goes a long way (Beyer et al., 2022, "Knowledge distillation: A good teacher is
patient and consistent"; Asano & Saeed, 2023, "The augmented image prior"). No label is used.

    python recipes/compact/distil_images.py PICTURES... --teacher FOLDER --to towers/image --minutes 9
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from schedule import one_cycle
from torch import Tensor, nn
from transformers import MobileNetV2Config, MobileNetV2Model

from rumorscope.data.images import read_image
from rumorscope.errors import InputError

SIZE = 256  # pixels a side, as the finished tower sees pictures
LEARNING_SIZE = 192  # pixels a side of the views: smaller, so that there are more of them
PEAK_RATE = 3e-3


def load_pictures(folders: list[Path]) -> Tensor:
    """(N, 3, SIZE, SIZE) uint8: every readable picture below the folders, in the order of their names."""
    paths = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())

    def load(path: Path) -> np.ndarray | None:
        try:
            return np.asarray(read_image(path).resize((SIZE, SIZE), Image.Resampling.BICUBIC))
        except InputError:
            return None

    with ThreadPoolExecutor() as pool:
        pictures = [picture for picture in pool.map(load, paths) if picture is not None]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def views(pictures: Tensor, size: int) -> Tensor:
    """(B, 3, SIZE, SIZE) uint8 → (B, 3, size, size) in [-1, 1]: warped, recoloured and mixed."""
    return mix(recolour(warp(pictures.float() / 127.5 - 1, size)))


def warp(pictures: Tensor, size: int) -> Tensor:
    """Random crop (8 to 100% of the area), aspect, rotation and mirror image."""
    n, device = len(pictures), pictures.device
    area = torch.empty(n, device=device).uniform_(0.08, 1.0)
    aspect = torch.empty(n, device=device).uniform_(-0.35, 0.35).exp()
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    angle = torch.randn(n, device=device) * 0.12
    mirror = torch.randint(0, 2, (n,), device=device) * 2 - 1
    shift_x = (1 - width) * torch.empty(n, device=device).uniform_(-1, 1)
    shift_y = (1 - height) * torch.empty(n, device=device).uniform_(-1, 1)
    rows = [
        torch.stack([width * mirror * angle.cos(), -height * angle.sin(), shift_x], 1),
        torch.stack([width * mirror * angle.sin(), height * angle.cos(), shift_y], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), [n, 3, size, size], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def recolour(pictures: Tensor) -> Tensor:
    """Random brightness, contrast and saturation; one picture in ten loses its colours."""
    n, device = len(pictures), pictures.device

    def factor(spread: float) -> Tensor:
        return torch.empty(n, 1, 1, 1, device=device).uniform_(-spread, spread)

    grey = pictures.mean(1, keepdim=True)
    saturation = 1 + factor(0.4)
    saturation = torch.where(
        torch.rand(n, 1, 1, 1, device=device) < 0.1, torch.zeros_like(saturation), saturation
    )
    pictures = grey + (pictures - grey) * saturation
    centre = pictures.mean((1, 2, 3), keepdim=True)
    return (centre + (pictures - centre) * (1 + factor(0.4)) + factor(0.25)).clamp(-1, 1)


def mix(pictures: Tensor) -> Tensor:
    """A third of the views are blended with another, a third have another's rectangle pasted in."""
    n, _, size, _ = pictures.shape
    other = pictures[torch.randperm(n, device=pictures.device)]
    kind = torch.rand(n, 1, 1, 1, device=pictures.device)
    share = torch.rand(n, 1, 1, 1, device=pictures.device)
    blended = share * pictures + (1 - share) * other
    axis = torch.arange(size, device=pictures.device) / size
    corner = torch.rand(n, 2, device=pictures.device)
    extent = 0.2 + 0.5 * torch.rand(n, 2, device=pictures.device)
    inside = [(axis >= corner[:, i, None]) & (axis < (corner + extent)[:, i, None]) for i in (0, 1)]
    rectangle = (inside[0][:, :, None] & inside[1][:, None, :])[:, None]  # (B, 1, size, size)
    pasted = torch.where(rectangle, other, pictures)
    return torch.where(kind < 1 / 3, blended, torch.where(kind < 2 / 3, pasted, pictures))


def blocks(tower: MobileNetV2Model) -> list[nn.Module]:
    """The tower as a chain: stem, inverted residual blocks, last convolution."""
    return [tower.conv_stem, *tower.layer, tower.conv_1x1]


class BlockMatch(nn.Module):
    """The student's distance from the teacher, block by block.

    A student block reads `own` parts of what the student's previous block gave and `1 - own` parts of what
    the teacher's gave. At 0 every block is a small problem of its own and learns fast; at 1 the student
    stands alone.
    """

    def __init__(
        self, student: MobileNetV2Model, teacher: MobileNetV2Model, classifier: dict[str, Tensor]
    ) -> None:
        super().__init__()
        self.student, self.teacher = nn.ModuleList(blocks(student)), nn.ModuleList(blocks(teacher))
        self.register_buffer("weight", classifier["classifier.weight"].float())
        self.register_buffer("bias", classifier["classifier.bias"].float())

    def forward(self, pixels: Tensor, own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, h, w) → mean error of all blocks and error of the last (in units of variance), KL divergence."""
        known = seen = pixels
        errors = []
        for student, teacher in zip(self.student, self.teacher, strict=True):
            seen = student(known + own.to(seen.dtype) * (seen - known))
            with torch.no_grad():
                known = teacher(known)
            variance = known.float().var((0, 2, 3), keepdim=True) + 1e-2
            errors.append(((seen - known).float().square() / variance).mean())
        said = F.log_softmax(self.classify(seen), 1)
        divergence = F.kl_div(
            said, F.log_softmax(self.classify(known), 1), log_target=True, reduction="batchmean"
        )
        return torch.stack(errors).mean(), errors[-1], divergence

    def classify(self, cells: Tensor) -> Tensor:
        """What the teacher's classifier says of a (B, 1280, h, w) map."""
        return F.linear(cells.float().mean((2, 3)), self.weight, self.bias)


def new_student() -> MobileNetV2Model:
    """MobileNetV2 1.0 with random weights and batch-norm statistics over about the last 20 batches."""
    student = MobileNetV2Model(MobileNetV2Config(image_size=SIZE))
    for module in student.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.05
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
    return student


@torch.no_grad()
def settle_statistics(student: MobileNetV2Model, pictures: Tensor, batches: int = 40) -> None:
    """Average the batch-norm statistics over many batches of views.

    Views, not unaltered pictures: the student matches a fixed function under the statistics of views, and
    under others it is another function (on unaltered ones the centred cosine fell from 0.91 to 0.80).
    """
    norms = [module for module in student.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over all batches
    student.train()
    for _ in range(batches):
        student(views(pictures[torch.randint(len(pictures), (96,), device=pictures.device)], LEARNING_SIZE))


@torch.no_grad()
def agreement(
    student: nn.Module, teacher: nn.Module, pictures: Tensor, match: BlockMatch
) -> dict[str, float]:
    """On unseen, unaltered pictures: cosine of the pooled features, and how often the best class is the same."""
    cosine, same = [], []
    for chunk in pictures.split(64):
        inputs = chunk.float() / 127.5 - 1
        maps = [tower(inputs).last_hidden_state for tower in (student, teacher)]
        seen, known = (cells.float().mean((2, 3)) for cells in maps)
        centre = known.mean(0)
        cosine.append(F.cosine_similarity(seen - centre, known - centre))
        best = [match.classify(cells).argmax(1) for cells in maps]
        same.append((best[0] == best[1]).float())
    return {"centred_cosine": float(torch.cat(cosine).mean()), "same_class": float(torch.cat(same).mean())}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", nargs="+", type=Path, help="folders of pictures")
    parser.add_argument(
        "--teacher", required=True, type=Path, help="a MobileNetV2 folder in transformers' format"
    )
    parser.add_argument("--to", required=True, type=Path, help="where the tower is written")
    parser.add_argument(
        "--minutes", type=float, default=9, help="training time; the schedule fits itself to it"
    )
    parser.add_argument("--batch-size", type=int, default=384)
    parser.add_argument("--held-out", type=int, default=100, help="pictures kept for measuring")
    parser.add_argument("--report-every", type=int, default=250, help="steps between measurements")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    distil(options)


def distil(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pictures = load_pictures(options.pictures)
    order = torch.randperm(len(pictures))
    held_out = pictures[order[: options.held_out]].to(device)
    pictures = pictures[order[options.held_out :]].to(device)
    print(f"{len(pictures)} pictures to learn from, {len(held_out)} to measure with", flush=True)

    teacher = MobileNetV2Model.from_pretrained(options.teacher).to(device).eval().requires_grad_(False)
    student = new_student().to(device, memory_format=torch.channels_last)
    match = BlockMatch(student, teacher, load_file(options.teacher / "model.safetensors")).to(device)
    optimizer = torch.optim.AdamW(student.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    distance = torch.compile(match) if device == "cuda" else match

    def learn(progress: float) -> tuple[Tensor, Tensor, Tensor]:
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(progress, PEAK_RATE, warmup=0.04)
        chosen = torch.randint(len(pictures), (options.batch_size,), device=device)
        inputs = views(pictures[chosen], LEARNING_SIZE).to(memory_format=torch.channels_last)
        own = torch.tensor(min(1.0, max(0.0, (progress - 0.3) / 0.3)), device=device)
        with torch.autocast(device, torch.bfloat16):
            errors, last, divergence = distance(inputs, own)
        optimizer.zero_grad(set_to_none=True)
        (errors + last + 0.3 * divergence).backward()
        nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        return errors, last, divergence

    student.train()
    learn(0.0)  # compiles before the clock starts
    print("the clock starts", flush=True)
    start, step, history = time.monotonic(), 0, []
    while (progress := (time.monotonic() - start) / (60 * options.minutes)) < 1:
        errors, last, divergence = learn(progress)
        step += 1
        if step % options.report_every == 0:
            row = {"step": step, "views": step * options.batch_size, "blocks": errors.item()}
            row |= {"last": last.item(), "kl": divergence.item()}
            row |= agreement(student.eval(), teacher, held_out, match)
            student.train()
            history.append(row)
            print(round(time.monotonic() - start), json.dumps(row), flush=True)
    settle_statistics(student, pictures)
    print("settled", json.dumps(agreement(student.eval(), teacher, held_out, match)), flush=True)
    student.half().save_pretrained(options.to)
    preprocessing = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": SIZE, "width": SIZE}}
    (options.to / "preprocessor_config.json").write_text(json.dumps(preprocessing, indent=2))
    (options.to / "history.json").write_text(json.dumps(history, indent=1))


if __name__ == "__main__":
    main()
