"""Pages that need nothing else: one file, no network, no script, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rumorscope import __version__
from rumorscope.explanation import words
from rumorscope.explanation.colors import hexadecimal, viridis

_STYLES = ("page.css", "traces.css")


def render(template: str, values: Mapping[str, Any]) -> str:
    """A page from one of the package's templates; all values are escaped but what is markup already."""
    style = "".join(_read(name) for name in _STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = {"version": __version__, "style": Markup(style), "style_hash": digest}  # noqa: S704  # the package's own
    return _templates().get_template(template).render(**values, **own)


def _read(name: str) -> str:
    return files("rumorscope.explanation").joinpath(f"templates/{name}").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("rumorscope.explanation"),
        autoescape=True,  # the post is untrusted text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": words.percent, "points": words.points, "signed": words.signed}
    environment.globals["viridis_stops"] = [
        (share / 4, hexadecimal(viridis(share / 4))) for share in range(5)
    ]
    return environment
