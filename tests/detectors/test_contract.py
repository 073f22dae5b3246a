"""Every detector, and every published variant, under the contract that all share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detectors.contract import CHECKS, Case, check_saved_and_loaded_gives_equal_logits
from rumorscope.detectors import detector_class, detector_names
from tiny import tiny_clip

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "caf_odnn-no_captions": ("caf_odnn", {"caption_epochs": 0}),
    "cafe-literal": ("cafe", {"paper_literal": True}),
    "fnd_clip-clip": ("fnd_clip", {"shared_width": 32, "contrastive_epochs": 0}),
    "fnd_clip-no_captions": ("fnd_clip", {"contrastive_epochs": 0}),
    "kecl-dream": (
        "kecl",
        {"refinement": "dream", "global_alignment_weight": 0.5, "mask_weight": 1.0, "forgery_epochs": 1},
    ),
    "kecl-entangled": ("kecl", {"variant": "entangled"}),
    "kecl-no_forgery": ("kecl", {"forgery_epochs": 0}),
    "kecl-no_knowledge": ("kecl", {"knowledge": "none"}),
    "kecl-shared": ("kecl", {"classifier_reads": "shared"}),
    "micc-ms_alpha": ("micc", {"variant": "ms_alpha"}),
    "micc-ms_beta": ("micc", {"variant": "ms_beta"}),
    "micc-a_gamma": ("micc", {"variant": "a_gamma"}),
    "micc-a_delta": ("micc", {"variant": "a_delta"}),
    "micc-clip": ("micc", {"variant": "clip", "image": {"receptive_fields": (8,)}}),
    "micc-concate": ("micc", {"variant": "concate"}),
    "micc-dream": ("micc", {"refinement": "dream", "global_alignment_weight": 0.1}),
    "micc-literal": ("micc", {"paper_literal": True, "temperature": 1.0}),
    "mimoe_fnd-clip": ("mimoe_fnd", {"shared_width": 32, "contrastive_epochs": 0}),
    "features-text": ("features", {"modality": "text"}),
    "features-image": ("features", {"modality": "image"}),
    "late_fusion-features": ("late_fusion", {"text_part": "features"}),
}
CONFIGURATIONS = {name: (name, {}) for name in detector_names()} | VARIANTS


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(params=CONFIGURATIONS, scope="module")
def case(request: pytest.FixtureRequest, towers: Path) -> Case:
    name, changes = CONFIGURATIONS[request.param]
    return Case(detector_class(name), towers, changes)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(case: Case, check: Callable[[Case], None]) -> None:
    check(case)


def test_saved_and_loaded_gives_equal_logits(case: Case, tmp_path: Path) -> None:
    check_saved_and_loaded_gives_equal_logits(case, tmp_path)
