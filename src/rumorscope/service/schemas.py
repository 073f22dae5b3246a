"""What crosses the wire, as the OpenAPI description tells it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from rumorscope.encoders.preprocess import MAX_IMAGES, MAX_TEXT_CHARACTERS


class Given(BaseModel):
    """What a client sends: nothing beside the fields that are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _decoded(data: Any) -> Any:
    """The bytes of base64 text; what is no text is left to the type's own check."""
    if not isinstance(data, str):
        return data
    try:
        return base64.b64decode(data, validate=True)  # pydantic's own base64 passes over foreign characters
    except (binascii.Error, ValueError):
        raise ValueError("not base64 (standard alphabet, padded, without line breaks)") from None


FileBytes = Annotated[
    bytes, BeforeValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64"})
]


class Picture(Given):
    """One picture: its file's bytes."""

    data: FileBytes = Field(description="the file's bytes in base64")


class LinkedPicture(Given):
    """One picture by its URL: fetched where the operator allows its host, else an error of its post."""

    url: str = Field(max_length=2000, description="https://HOST/PATH", json_schema_extra={"format": "uri"})


def _kind(picture: Any) -> str:
    return "url" if isinstance(picture, Mapping) and "url" in picture else "data"


AnyPicture = Annotated[
    Annotated[Picture, Tag("data")] | Annotated[LinkedPicture, Tag("url")], Discriminator(_kind)
]


class GivenPost(Given):
    """One post. It may lack a text, or pictures, but not both."""

    text: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] = ""
    images: tuple[AnyPicture, ...] = Field((), max_length=MAX_IMAGES)
    id: str | None = Field(
        None, max_length=200, description="comes back with the verdict; else its number, from 1"
    )
    language: str | None = Field(None, max_length=35, description="BCP 47, such as en or zh")


class ScoreRequest(Given):
    """Posts to be judged."""

    posts: tuple[GivenPost, ...] = Field(min_length=1)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"posts": [{"id": "1", "text": "Shark swims down the flooded highway!", "language": "en"}]},
                {"posts": [{"images": [{"url": "https://pics.example.org/shark.jpg"}]}]},
            ]
        }
    )


class Model(BaseModel):
    """What judged."""

    name: str = Field(description="the detector")
    checkpoint: str = Field(description="hash of its weights and configuration")


class GivenVerdict(BaseModel):
    """A verdict: the columns of `rumorscope score`, and the evidence where it was asked for."""

    id: str
    rumor_probability: float | None = Field(
        ge=0, le=1, description="calibrated; null where there is an error"
    )
    label: str | None = Field(description="rumor or non_rumor")
    abstained: str | None = Field(description="why a person should decide")
    warning: str | None = Field(description="why the probability may mean little")
    missing: str | None = Field(description="what the detector reads and the post did not give")
    error: str | None = Field(description="why the post could not be judged")
    detector: str
    checkpoint: str
    evidence: dict[str, Any] | None = Field(None, description="docs/scoring.md says what is in it")


class Verdicts(BaseModel):
    """One verdict a post, in the request's order."""

    verdicts: list[GivenVerdict]
    model: Model


class Explained(Verdicts):
    """Verdicts with their evidence, and the hashes of what was judged."""

    inputs: list[dict[str, Any] | None] = Field(
        description="SHA-256 of each post's text and pictures; null where a picture could not be fetched"
    )


class Serving(BaseModel):
    """The detector that answers here."""

    name: str
    checkpoint: str
    runtime: str = Field(description="what computes: torch, or an export such as openvino-int8")
    paper: str
    idea: str
    reads: list[str] = Field(description="text, image: what its answers can depend on")
    trained_on: list[str] = Field(description="the folders of its training data")
    training_posts: int | None
    threshold: float
    undecided: list[float] = Field(description="between these two, the decision is left to a person")
    notices_unlike_posts: bool = Field(description="whether a post unlike the training's is marked so")
    validation: dict[str, Any] | None = Field(description="figures on the validation posts of its training")
    card: dict[str, Any] | None = Field(description="what its model card says, where it has one")


class KnownDetector(BaseModel):
    """One that can be trained with this software."""

    name: str
    paper: str
    idea: str


class Detectors(BaseModel):
    """What answers here, and what could."""

    serving: Serving
    detectors: list[KnownDetector]
    review: bool = Field(description="whether this service keeps a review queue")


class Problem(BaseModel):
    """What is wrong with a request."""

    detail: str
    error: str = Field(description="a word for programs: invalid, too_large, busy, …")
