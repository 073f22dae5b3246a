"""Content Credentials (C2PA): a signed account, within a picture's file, of how it was made.

Reading needs the optional package `c2pa-python`; without it nothing is checked, and that is said. Nothing is
fetched: of an account that lies elsewhere, no more is told. A valid signature shows that the file is as its
maker left it, not who that maker is, and not that what it shows is so. Most platforms strip credentials.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from rumorscope.data.images import read_bytes
from rumorscope.forensics.strings import short_text
from rumorscope.post import ImageSource

State = Literal["not checked", "none", "valid", "invalid", "elsewhere", "unreadable"]

_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
_MIME = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp",
         "GIF": "image/gif", "TIFF": "image/tiff", "AVIF": "image/avif"}  # fmt: skip
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")  # IPTC digital source types
_MOST_JSON = 5_000_000  # characters of a manifest that are still read


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the account says, if there is one. The maker is whoever the account itself names."""

    state: State
    maker: str | None = None  # the program that wrote it
    generated: bool = False  # whether it says that a model made the picture, or a part of it


def read_credentials(source: ImageSource, form: str | None) -> Credentials:
    """The credentials in a picture's file of that format. Raises InputError where it cannot be read."""
    try:
        c2pa: Any = importlib.import_module("c2pa")
    except ImportError:
        return Credentials("not checked")
    if form not in _MIME:
        return Credentials("none")
    data = io.BytesIO(read_bytes(source))
    try:
        reader = c2pa.Reader.try_create(_MIME[form], data, context=_offline(c2pa))
        if reader is None:
            return Credentials("none")
        with reader:
            return _credentials(reader.get_validation_state(), reader.json())
    except c2pa.C2paError as error:
        return Credentials("elsewhere" if str(error).startswith("Remote:") else "unreadable")
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # its JSON is not as it should be
        return Credentials("unreadable")


@cache
def _offline(c2pa: Any) -> Any:
    return c2pa.Context(settings=c2pa.Settings.from_dict(_OFFLINE))


def _credentials(state: str | None, text: str) -> Credentials:
    if len(text) > _MOST_JSON:
        return Credentials("unreadable")
    store = json.loads(text)
    active = store["manifests"][store["active_manifest"]]
    makers = active.get("claim_generator_info") or [{}]
    maker = short_text(makers[0].get("name")) or short_text(active.get("claim_generator"))
    return Credentials(
        "valid" if state in ("Valid", "Trusted") else "invalid",
        maker,
        any(str(kind).endswith(_GENERATED) for kind in _source_types(active)),
    )


def _source_types(manifest: dict[str, Any]) -> Iterator[object]:
    for assertion in manifest.get("assertions", ()):
        if str(assertion.get("label")).startswith("c2pa.actions"):
            for action in assertion.get("data", {}).get("actions", ()):
                yield action.get("digitalSourceType")
