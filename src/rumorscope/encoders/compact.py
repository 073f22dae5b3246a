"""The towers that the package carries: those of its embedded checkpoint, float16 on disk, float32 here."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageEncoder, ImageTowerConfig, TextEncoder, TextTowerConfig
from rumorscope.encoders.saved import SavedTowers
from rumorscope.errors import CheckpointError

COMPACT_FOLDER = Path(__file__).parents[1] / "models" / "compact"
"""The checkpoint that the package carries."""


class CompactTowers:
    """The attributes "text" and "image" of a checkpoint's detector, whatever the new detector calls them.

    A convolutional tower, as the package's is, takes any image size and receptive fields that its map allows.
    Raises CheckpointError where the package was installed without them.
    """

    def __init__(self, folder: Path = COMPACT_FOLDER) -> None:
        if not folder.is_dir():
            raise CheckpointError(
                f"no compact towers in {folder}; name a hub model or a local folder instead"
            )
        self._saved = SavedTowers(folder / "towers")
        self._folder = folder

    def text(self, name: str, config: TextTowerConfig) -> TextEncoder:
        """Raises CheckpointError where the folder holds no such checkpoint."""
        encoder = self._saved.text("text", config)
        self._fill(encoder, self._weights("text."))
        return encoder

    def image(self, name: str, config: ImageTowerConfig) -> ImageEncoder:
        """Raises CheckpointError where the folder holds no such checkpoint."""
        encoder = self._saved.image("image", config)
        self._fill(encoder, self._weights("image."))
        return encoder

    def _weights(self, prefix: str) -> dict[str, Tensor]:
        path = self._folder / "model.safetensors"
        try:
            stored = load_file(path)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot read the compact towers from {path}: {error}") from error
        return {key.removeprefix(prefix): t.float() for key, t in stored.items() if key.startswith(prefix)}

    def _fill(self, encoder: nn.Module, weights: dict[str, Tensor]) -> None:
        try:
            encoder.load_state_dict(weights)
        except RuntimeError as error:
            raise CheckpointError(f"{self._folder} has not the weights of its towers: {error}") from error
