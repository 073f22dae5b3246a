"""A request's body → posts: JSON or a form, bounded while it arrives, in memory alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from rumorscope.encoders.preprocess import MAX_IMAGES, MAX_TEXT_CHARACTERS
from rumorscope.errors import InputError
from rumorscope.post import Post
from rumorscope.scoring.scorer import BadPost
from rumorscope.service.errors import BusyError, GoneError, MediaTypeError, TooLargeError
from rumorscope.service.fetching import Fetcher
from rumorscope.service.schemas import GivenPost, LinkedPicture, Picture, ScoreRequest
from rumorscope.service.settings import Settings

Result = TypeVar("Result")
Taking = Callable[[int], None]
"""Counts bytes that came. Raises BusyError where they are too many."""

JSON, FORM = "application/json", "multipart/form-data"


class Held:
    """How many bytes the bodies of all requests under way take."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.bytes = 0

    @contextmanager
    def body(self) -> Iterator[Taking]:
        """Counts a body's bytes as they come, until it is answered. The counting raises BusyError."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if self.bytes + size > self._most:
                raise BusyError(f"{self.bytes} bytes are held already", 1)
            self.bytes += size
            taken += size

        try:
            yield take
        finally:
            self.bytes -= taken


async def read_posts(request: Request, settings: Settings, take: Taking) -> Sequence[GivenPost]:
    """The request's posts, with ids; `take` counts their bytes while they come.

    Raises InputError, TooLargeError, MediaTypeError, and what `take` raises.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in (JSON, FORM):
        raise MediaTypeError(f"the body is {kind or 'of no named type'}; send {JSON} or {FORM}")
    body = await _bounded(request, settings.body_bytes, take)
    given = _from_json(body) if kind == JSON else await _from_form(request, body)
    if len(given) > settings.posts_per_request:
        raise InputError(
            f"{len(given)} posts in one request, more than {settings.posts_per_request}; send several"
        )
    return [
        post if post.id else post.model_copy(update={"id": str(number)})
        for number, post in enumerate(given, start=1)
    ]


async def with_pictures(given: Sequence[GivenPost], fetcher: Fetcher, take: Taking) -> list[Post | BadPost]:
    """The posts, once the pictures that are named by URLs have come; a BadPost where one does not.

    `take` counts their bytes. Raises what it raises.
    """
    return await _all(_with_pictures(post, fetcher, take) for post in given)


async def _bounded(request: Request, most: int, take: Taking) -> bytes:
    message = f"the body has more than {most} bytes; send fewer posts, or smaller pictures"
    if int(request.headers.get("content-length") or 0) > most:
        raise TooLargeError(message)
    body = bytearray()
    try:
        async for block in request.stream():
            take(len(block))
            body += block
            if len(body) > most:
                raise TooLargeError(message)
    except ClientDisconnect:
        raise GoneError("the client went away while it sent the body") from None
    return bytes(body)


def _from_json(body: bytes) -> Sequence[GivenPost]:
    try:
        return ScoreRequest.model_validate_json(body).posts
    except ValidationError as error:
        raise InputError(_without_content(error)) from None


async def _from_form(request: Request, body: bytes) -> Sequence[GivenPost]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers, stream(), max_files=MAX_IMAGES, max_fields=10, max_part_size=4 * MAX_TEXT_CHARACTERS
    )
    parser.spool_max_size = len(body) + 1  # never into a file on disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InputError(f"the form cannot be read: {error.message}") from error
    try:
        return [await _given(form)]
    finally:
        await form.close()


async def _given(form: FormData) -> GivenPost:
    unknown = set(form) - {"text", "images", "language", "id"}
    if unknown:
        raise InputError(f"the form has a field {min(unknown)[:80]!r}; known are text, images, language, id")
    files = [one for one in form.getlist("images") if isinstance(one, UploadFile)]
    if len(files) < len(form.getlist("images")):
        raise InputError("the form's field images must be files")
    values = {name: form[name] for name in ("text", "language", "id") if form.get(name)}
    try:
        return GivenPost.model_validate(values | {"images": [{"data": await one.read()} for one in files]})
    except ValidationError as error:
        raise InputError(_without_content(error)) from None


def _without_content(error: ValidationError) -> str:
    """What is wrong, and where: never the values, which are somebody's post."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in problems[:10])


async def _with_pictures(given: GivenPost, fetcher: Fetcher, take: Taking) -> Post | BadPost:
    name, images = given.id or "", list[bytes]()
    for number, found in enumerate(await _all(_bytes(one, fetcher, take) for one in given.images), start=1):
        if isinstance(found, InputError):
            return BadPost(name, f"picture {number}: {found}")
        images.append(found)
    return Post(name, given.text, tuple(images), language=given.language)


async def _bytes(picture: Picture | LinkedPicture, fetcher: Fetcher, take: Taking) -> bytes | InputError:
    if isinstance(picture, Picture):
        return picture.data
    try:
        return await fetcher(picture.url, take)
    except InputError as error:
        return error


async def _all(work: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of what is done at the same time. The first error stops the others, and is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            found = [tasks.create_task(one) for one in work]
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    return [task.result() for task in found]
