"""The review queue over HTTP, under /v1/review."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from rumorscope.errors import InputError
from rumorscope.service.errors import TooLargeError
from rumorscope.service.review import export
from rumorscope.service.review.loading import MAX_FILE_BYTES, Filed, read_texts, read_verdicts
from rumorscope.service.review.store import Decision, LoadedFile, Order, ReviewStore, Show

_TEXT_FILES = (".jsonl", ".csv", ".parquet")
_LARGEST = 1 << 53  # what JSON's readers tell apart, and well within SQLite's integers

Number = Annotated[int, Field(ge=1, lt=_LARGEST)]
FileName = Annotated[str, Query(min_length=1, max_length=200, description="what people call the file")]


class Decided(BaseModel):
    """What a person decided on an item."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    item: Number
    decision: Decision
    reviewer: str = Field(min_length=1, max_length=200, description="who decided")
    note: str = Field("", max_length=10_000, description="sources, reasons")


class Entry(BaseModel):
    """An entry of the audit log. Its hash is over the other fields; `previous` is the hash before."""

    entry: int
    time: str = Field(description="UTC")
    reviewer: str
    decision: Decision
    note: str
    item: int
    file_sha256: str
    verdict: Filed
    text_sha256: str | None
    previous: str
    hash: str


class QueuedItem(BaseModel):
    """A verdict in the queue."""

    id: int
    file: int
    verdict: Filed
    text: str | None = Field(description="null where the posts file was not loaded")
    decision: dict[str, Any] | None = Field(description="the last one")
    earlier: int = Field(description="decisions that it superseded")


class QueuePage(BaseModel):
    """Some of the queue."""

    items: list[QueuedItem]
    total: int


class Verified(BaseModel):
    """Whether the log is as it was written."""

    intact: bool
    entries: int
    head: str
    broken: int | None


def review_router(store: ReviewStore) -> APIRouter:
    """The routes over one queue."""
    router = APIRouter(prefix="/v1/review", tags=["review"])

    @router.get("/files")
    def files() -> list[LoadedFile]:
        """The verdict files in the queue, the latest first."""
        return store.files()

    @router.post("/files", openapi_extra=_body("application/x-ndjson"))
    async def load(request: Request, name: FileName) -> LoadedFile:
        """Queue what `rumorscope score --out verdicts.jsonl` wrote: the body is the file.

        A file that was loaded before is left as it is.
        """
        with tempfile.TemporaryDirectory(dir=store.path.parent, prefix=".upload-") as folder:
            path = await _received(request, Path(folder, "verdicts.jsonl"))
            return await run_in_threadpool(_add, store, name, path)

    @router.post("/files/{file}/posts", openapi_extra=_body("application/octet-stream"))
    async def texts(request: Request, file: Number, name: FileName) -> LoadedFile:
        """Put the posts' texts beside a file's verdicts: the body is the .jsonl, .csv or .parquet scored."""
        ending = Path(name).suffix.lower()
        if ending not in _TEXT_FILES:
            raise InputError(
                f"the posts' file is called {name!r}; its name must end in {', '.join(_TEXT_FILES)}"
            )
        await run_in_threadpool(store.file, file)
        with tempfile.TemporaryDirectory(dir=store.path.parent, prefix=".upload-") as folder:
            path = await _received(request, Path(folder, f"posts{ending}"))
            await run_in_threadpool(lambda: store.add_texts(file, read_texts(path)))
        return await run_in_threadpool(store.file, file)

    @router.get("/items")
    def items(
        file: Annotated[int | None, Query(ge=1, lt=_LARGEST)] = None,
        order: Order = "uncertainty",
        show: Show = "open",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        size: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> QueuePage:
        """A page of the queue; by uncertainty: the undecided, then the nearest to the threshold."""
        found = store.page(file=file, order=order, show=show, page=page, size=size)
        return QueuePage(items=[QueuedItem(**asdict(item)) for item in found.items], total=found.total)

    @router.post("/decisions")
    def decide(given: Decided) -> Entry:
        """Add a decision to the audit log. An earlier one on the item is superseded, and stays in the log."""
        return Entry(**store.decide(given.item, given.decision, reviewer=given.reviewer, note=given.note))

    @router.get("/verify")
    def verify() -> Verified:
        """Compute the hash of every entry of the audit log anew."""
        check = store.verify()
        return Verified(intact=check.broken is None, **asdict(check))

    @router.get("/export", response_class=StreamingResponse)
    def exported(format: Literal["jsonl", "csv"] = "jsonl") -> StreamingResponse:
        """The whole audit log."""
        rows = export.csv_rows if format == "csv" else export.json_rows
        kind = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
        named = {"Content-Disposition": f'attachment; filename="rumorscope-decisions.{format}"'}
        return StreamingResponse(rows(store.entries()), media_type=kind, headers=named)

    return router


def _add(store: ReviewStore, name: str, path: Path) -> LoadedFile:
    return store.file(store.add(name, read_verdicts(path)))


async def _received(request: Request, path: Path) -> Path:
    """The body in a file: it may be larger than memory should hold."""
    size = 0
    with path.open("wb") as file:
        async for block in request.stream():
            size += len(block)
            if size > MAX_FILE_BYTES:
                raise TooLargeError(f"the file has more than {MAX_FILE_BYTES} bytes; split it")
            await run_in_threadpool(file.write, block)
    return path


def _body(kind: str) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
