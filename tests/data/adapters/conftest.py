"""Writing small datasets in the published layouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image


class Published:
    """A folder to write a dataset into, as it is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, name: str, *lines: str) -> None:
        (self / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def json(self, name: str, content: Any) -> None:
        (self / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def pictures(self, *names: str) -> None:
        for name in names:
            Image.new("L", (4, 4)).save(self / name)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)
