"""Pretrained towers from the Hugging Face hub or a local folder: safetensors only, nothing half loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerBase
from transformers.image_processing_base import ImageProcessingMixin
from transformers.utils import logging

from rumorscope.encoders.architecture import Modality, keep_tower
from rumorscope.encoders.image import Channels
from rumorscope.errors import InputError

_INPUTS: dict[Modality, str] = {"text": "input_ids", "image": "pixel_values"}


class LoadedTower(NamedTuple):
    tower: Any
    projection: Tensor | None  # (E, D) into the space that both halves of a CLIP share; others have none


def load_tower(model: str, modality: Modality) -> LoadedTower:
    """The text or image tower of a checkpoint, in float32. Raises InputError that says what would work."""
    _check_folder(model)
    with _reported(model), _quiet():
        config = AutoConfig.from_pretrained(model, trust_remote_code=False)
        if getattr(config, "is_encoder_decoder", False):
            raise InputError(
                f"'{model}' is an encoder-decoder ({config.model_type}); use an encoder such as BERT"
            )
        whole, info = AutoModel.from_pretrained(
            model,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # told apart below
            output_loading_info=True,
        )
    tower = keep_tower(whole, modality)
    if tower.main_input_name != _INPUTS[modality]:
        raise InputError(
            f"'{model}' ({config.model_type}) has no {modality} tower; name a checkpoint that has one"
        )
    lacking = {*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])}
    missing = sorted(key for key in lacking if "pooler." not in key)
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise InputError(f"'{model}' lacks weights that its config.json asks for: {missing[0]}{more}")
    projection = getattr(whole, "text_projection" if modality == "text" else "visual_projection", None)
    return LoadedTower(tower, projection.weight.detach() if isinstance(projection, nn.Linear) else None)


def load_tokenizer(model: str, tower: Any) -> PreTrainedTokenizerBase:
    """The tokenizer of a text tower. Raises InputError where there is none, or another model's."""
    with _reported(model), _quiet():
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    known, embedded = len(tokenizer), tower.config.vocab_size
    # Without its files a tokenizer class comes up with its special tokens alone.
    if not len(tokenizer.all_special_ids) < known <= embedded:
        raise InputError(
            f"the tokenizer of '{model}' knows {known} tokens, its text tower {embedded}; "
            "put the tokenizer's own files (tokenizer.json) beside the weights"
        )
    return tokenizer


def load_normalisation(model: str) -> tuple[Channels, Channels]:
    """Mean and standard deviation of the channels, pixels being 0 to 1, as the tower was trained."""
    with _reported(model):
        processor, _ = ImageProcessingMixin.get_image_processor_dict(model)
    if not processor.get("do_normalize", True):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if not {"image_mean", "image_std"} <= processor.keys():
        raise InputError(
            f"the preprocessor_config.json of '{model}' names no image_mean and image_std; add them"
        )
    rescale = processor.get("rescale_factor", 1 / 255) * 255
    return _channels(processor["image_mean"], rescale), _channels(processor["image_std"], rescale)


def _channels(values: Any, rescale: float) -> Channels:
    red, green, blue = (values, values, values) if isinstance(values, int | float) else values
    return red / rescale, green / rescale, blue / rescale


def _check_folder(model: str) -> None:
    folder = Path(model)
    if not folder.is_dir():
        if folder.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
            raise InputError(
                f"there is no folder {model}; name a folder with config.json and model.safetensors"
            )
        return
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{model} holds no config.json; a tower's folder has config.json and model.safetensors"
        )
    if not any(folder.glob("*.safetensors")):
        has = "only pickled weights (pytorch_model.bin)" if any(folder.glob("*.bin")) else "no weights"
        raise InputError(f"{model} holds {has}; rumorscope reads model.safetensors, and never unpickles")


@contextmanager
def _reported(model: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        where = "that folder" if Path(model).is_dir() else "the Hugging Face hub"
        raise InputError(
            f"cannot load '{model}' from {where}: {str(error).strip().splitlines()[0]} -- offline, name a "
            "folder that holds config.json, model.safetensors, and tokenizer.json or preprocessor_config.json"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bar for a matter of seconds, and no table of the weights that the other half owns."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
