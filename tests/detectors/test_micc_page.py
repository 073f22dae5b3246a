"""docs/micc.md names what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from rumorscope.detectors.micc import MiccConfig, Variant
from rumorscope.training.config import RunConfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "micc.md").read_text(encoding="utf-8")


def test_the_page_names_every_variant() -> None:
    table = PAGE.split("## Variants of table 5")[1].split("\n\nA variant that")[0]
    assert set(re.findall(r"^\|[^|]*\| `(\w+)` \|", table, re.MULTILINE)) == set(get_args(Variant))


def test_the_files_and_tests_it_points_to_are_there() -> None:
    for link in re.findall(r"\]\(\.\./([^)]+)\)", PAGE):
        assert (ROOT / link).is_file(), link
    for name in re.findall(r"`(test_\w+)`", PAGE):
        assert f"def {name}(" in (ROOT / "tests/detectors/test_micc.py").read_text(encoding="utf-8")


def test_its_configuration_and_defaults_are_valid() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    run = RunConfig.parse(tomllib.loads(text))
    assert run.detector_config().model_dump()["relevance_weight"] == 0.30
    defaults = MiccConfig()
    chosen = PAGE.split("**Chosen, not given:**")[1]
    for value in (defaults.embedding_width, defaults.dropout, defaults.contrastive_epochs, defaults.epochs):
        assert f" {value}" in chosen
