"""Tiny checkpoints with random weights, in the format of `transformers`, and a few posts to feed them.

Every function is deterministic and needs no network. Widths are 32, layers 2, pictures 32 pixels;
the encoders interpolate from there, so the default 192 pixels with receptive fields 32 and 64 work too.
"""

from __future__ import annotations

import io
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from tokenizers import pre_tokenizers
from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    ChineseCLIPConfig,
    ChineseCLIPImageProcessorPil,
    ChineseCLIPModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTokenizer,
    ConvNextImageProcessorPil,
    MobileNetV2Config,
    MobileNetV2ImageProcessorPil,
    MobileNetV2Model,
    PreTrainedModel,
    ResNetConfig,
    ResNetModel,
)

from rumorscope.knowledge.building import build_store
from rumorscope.post import ImageSource, Label, Manipulation, Post

WIDTH = 32
IMAGE_SIZE = 32
PATCH_SIZE = 8
TEXT_POSITIONS = 77

WORDS = (
    "shark street flood bridge fake photo breaking police statement confirmed official report after storm "
    "city holds people the a in of on not real seen swimming calm park"
)
FACTS = (
    ("AtLocation", "shark", "sea"),
    ("AtLocation", "shark", "aquarium"),
    ("CapableOf", "shark", "swim"),
    ("IsA", "shark", "fish"),
    ("AtLocation", "photo", "album"),
)
CHARACTERS = "网传鲨鱼出现在街头官方证实大桥垮塌图片为假警方通报没有人受伤。，"


def tiny_clip(folder: Path) -> Path:
    """A CLIP checkpoint: both towers, the byte-level tokenizer and the image processor."""
    tokenizer = _clip_tokenizer()
    text = _transformer() | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": TEXT_POSITIONS,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = _transformer() | {"image_size": IMAGE_SIZE, "patch_size": PATCH_SIZE}
    torch.manual_seed(11)
    _save(CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)), folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    return folder


def tiny_chinese_clip(folder: Path) -> Path:
    """A Chinese-CLIP checkpoint: a BERT text tower without a trained pooler, and a CLIP vision tower."""
    tokenizer = _word_pieces()
    text = _transformer() | {"vocab_size": len(tokenizer), "max_position_embeddings": TEXT_POSITIONS}
    vision = _transformer() | {"image_size": IMAGE_SIZE, "patch_size": PATCH_SIZE}
    torch.manual_seed(12)
    config = ChineseCLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)
    _save(ChineseCLIPModel(config), folder)
    tokenizer.save_pretrained(folder)
    ChineseCLIPImageProcessorPil().save_pretrained(folder)
    return folder


def tiny_bert(folder: Path) -> Path:
    """A BERT checkpoint with English and Chinese word pieces."""
    tokenizer = _word_pieces()
    torch.manual_seed(13)
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=TEXT_POSITIONS, **_transformer())
    _save(BertModel(config), folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_resnet(folder: Path) -> Path:
    """A ResNet checkpoint whose feature map is 1/8 of the picture."""
    torch.manual_seed(14)
    config = ResNetConfig(embedding_size=16, hidden_sizes=[16, WIDTH], depths=[1, 1], layer_type="basic")
    _save(ResNetModel(config), folder)
    processor = ConvNextImageProcessorPil(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    processor.save_pretrained(folder)
    return folder


def tiny_mobilenet(folder: Path) -> Path:
    """A narrow MobileNetV2 checkpoint: 1/32 of the picture, pixels scaled to [-1, 1]."""
    torch.manual_seed(15)
    _save(MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.1, finegrained_output=False)), folder)
    MobileNetV2ImageProcessorPil().save_pretrained(folder)
    return folder


def tiny_picture(colour: str, *, size: tuple[int, int] = (80, 60)) -> bytes:
    """A PNG file of one colour with a white disc; `size` is width and height in pixels."""
    return _png(_disc(Image.new("RGB", size, colour)))


def tiny_posts(folder: Path | None = None) -> list[Post]:
    """Eight labelled posts in English and Chinese; their pictures as bytes, or as files in `folder`.

    Post 4 has no picture, 5 an empty text, 6 two pictures; 0 and 7 share one.
    """
    rumor, non_rumor = Label.RUMOR, Label.NON_RUMOR
    return [
        Post("0", "Shark swimming in the street after the storm", _files(folder, "red"), rumor, "storm"),
        Post("1", "Police statement: the bridge holds", _files(folder, "green"), non_rumor, "bridge"),
        Post("2", "网传鲨鱼出现在街头", _files(folder, "orange"), rumor, "storm", language="zh"),
        Post("3", "警方通报没有人受伤", _files(folder, "blue"), non_rumor, "bridge", language="zh"),
        Post("4", "Breaking: fake flood photo seen in city", (), rumor, "flood"),
        Post("5", "", _files(folder, "teal"), non_rumor, "flood"),
        Post("6", "大桥垮塌图片为假", _files(folder, "brown", "black"), rumor, "bridge", language="zh"),
        Post(
            "7",
            "Official report: calm park, not a real shark",
            _files(folder, "red"),
            non_rumor,
            "storm",
        ),
    ]


def tiny_forgeries() -> list[Post]:
    """Eight pictures alone: four of a forgery set and four of news, half of each altered."""
    colours = ("red", "green", "orange", "blue", "teal", "brown", "black", "pink")
    return [
        Post(
            f"forged-{index}",
            "",
            _files(None, colour),
            label=Label.NON_RUMOR if index >= 4 else None,
            manipulation=Manipulation(tampered, mask=tiny_mask() if tampered else None),
        )
        for index, colour in enumerate(colours)
        for tampered in (index % 2 == 0,)
    ]


def tiny_mask() -> bytes:
    """A PNG file that marks where `tiny_picture` has its disc."""
    return _png(_disc(Image.new("RGB", (80, 60), "black")))


def tiny_concepts(folder: Path) -> Path:
    """A concept store in a new file, in the form that CN-100K is published in."""
    source = folder / "train.txt"
    source.write_text("".join(f"{relation}\t{head}\t{tail}\n" for relation, head, tail in FACTS))
    build_store(source, folder / "concepts.sqlite")
    return folder / "concepts.sqlite"


def _files(folder: Path | None, *colours: str) -> tuple[ImageSource, ...]:
    if folder is None:
        return tuple(tiny_picture(colour) for colour in colours)
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"{colour}.png" for colour in colours)
    for path, colour in zip(paths, colours, strict=True):
        path.write_bytes(tiny_picture(colour))
    return paths


def _disc(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).ellipse((10, 10, image.width // 2, image.height // 2), fill="white")
    return image


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()


def _transformer() -> dict[str, int]:
    return {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
    }


def _save(model: PreTrainedModel, folder: Path) -> None:
    """Save random weights large enough that no two pictures, texts or regions look alike."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 4:
                nn.init.kaiming_normal_(parameter)
            elif parameter.dim() == 2:
                parameter.mul_(3.0)
            elif name.endswith("bias"):
                parameter.normal_(std=0.1)
    model.save_pretrained(folder)


def _word_pieces() -> BertTokenizer:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *":.,!?", *letters, *(f"##{c}" for c in letters)]
    vocabulary = dict.fromkeys([*pieces, *WORDS.split(), *CHARACTERS])
    return BertTokenizer(vocab={piece: index for index, piece in enumerate(vocabulary)})


def _clip_tokenizer() -> CLIPTokenizer:
    """Bytes, and the merges that build each of WORDS from its left; Chinese stays bytes."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges: dict[tuple[str, str], None] = {}
    for word in WORDS.split():
        symbols = [*word[:-1], f"{word[-1]}</w>"]
        for end in range(1, len(symbols)):
            merges["".join(symbols[:end]), symbols[end]] = None
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges)]
    vocabulary = dict.fromkeys([*pieces, "<|startoftext|>", "<|endoftext|>"])
    return CLIPTokenizer(vocab={piece: index for index, piece in enumerate(vocabulary)}, merges=list(merges))
