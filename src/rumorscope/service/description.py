"""The OpenAPI description of what FastAPI cannot see: bodies that are read by hand, as JSON or as a form."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.constants import REF_TEMPLATE

from rumorscope.service.reading import FORM, JSON
from rumorscope.service.schemas import ScoreRequest

_NAME = ScoreRequest.__name__
_FORM = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "images": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "language": {"type": "string"},
        "id": {"type": "string"},
    },
    "additionalProperties": False,
}
POSTS = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": REF_TEMPLATE.format(model=_NAME)}}, FORM: {"schema": _FORM}},
    }
}
"""For the routes that take posts."""


def describe_bodies(app: FastAPI) -> None:
    """Add the schemas that `POSTS` refers to."""
    own = app.openapi

    def described() -> dict[str, Any]:
        schema = own()
        request = ScoreRequest.model_json_schema(ref_template=REF_TEMPLATE)
        parts = request.pop("$defs")
        schema["components"]["schemas"] |= {**parts, _NAME: request}
        return schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it
