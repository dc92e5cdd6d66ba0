"""Read a batch from a request: one JSON document, or a line for each of its items."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from mlmon_shared.errors import (
    InvalidRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from mlmon_shared.wire.batches import (
    BATCH_ITEMS_LIMIT,
    JSON_ITEMS_LIMIT,
    LINES_TYPE,
    BatchHead,
    BatchItem,
    BatchSubmission,
)
from mlmon_shared.wire.validation import explain, summarise, validate

JSON_TYPE: Final = "application/json"
LINES_BODY_LIMIT: Final = 256 * 2**20
_LINE_LIMIT: Final = 2**20
_CHUNK: Final = 100
"""Lines between which the event loop gets a turn."""
_FAULTS_LIMIT: Final = 1000
_ITEMS: Final = TypeAdapter(list[BatchItem])


@dataclass(frozen=True)
class BatchBody:
    """What was sent.

    Attributes:
        submission: Checked for itself; whether it can be run is another matter.
        digest: SHA-256 of what makes two requests the same.
    """

    submission: BatchSubmission
    digest: str


async def read_batch(request: Request) -> BatchBody:
    """Return the batch in a body, by its Content-Type.

    Raises:
        UnsupportedMediaTypeError: It is neither JSON nor lines of JSON.
        InvalidRequestError: With every fault and its place.
        PayloadTooLargeError: A line is too long.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == LINES_TYPE:
        return await _read_lines(request.stream())
    if media_type != JSON_TYPE:
        raise UnsupportedMediaTypeError(f"send {JSON_TYPE}, or {LINES_TYPE} for a large batch")
    # Twenty thousand items take longer than others want to wait for the event loop.
    return await asyncio.to_thread(_read_json, await request.body())


# A route declares it behind its `require(…)`: nobody's body is read before they may send it.
BatchBodyDep = Annotated[BatchBody, Depends(read_batch)]


def request_body() -> dict[str, Any]:
    """Return `openapi_extra=` of the route that reads a batch."""
    whole = {"schema": {"$ref": f"#/components/schemas/{BatchSubmission.__name__}"}}
    lines = {
        "schema": {
            "type": "string",
            "description": "The first line has `name` and `labels`, each further line an item.",
        }
    }
    return {"requestBody": {"required": True, "content": {JSON_TYPE: whole, LINES_TYPE: lines}}}


def _read_json(body: bytes) -> BatchBody:
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidRequestError.at(
            "", f"not JSON, at character {error.pos}: {error.msg}"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidRequestError.at("", "not JSON: the body is not UTF-8") from error
    except RecursionError as error:
        raise InvalidRequestError.at("", "the JSON is nested too deeply") from error
    submission = validate(BatchSubmission, document)
    if len(submission.items) > JSON_ITEMS_LIMIT:
        raise InvalidRequestError.at(
            "/items", f"a JSON batch may have {JSON_ITEMS_LIMIT:,} items; send more as {LINES_TYPE}"
        )
    return BatchBody(submission, hashlib.sha256(submission.model_dump_json().encode()).hexdigest())


async def _read_lines(content: AsyncIterator[bytes]) -> BatchBody:
    reader = _LineReader()
    waiting: list[bytes] = []
    async for line in _lines(content):
        waiting.append(line)
        if len(waiting) == _CHUNK:
            reader.take(waiting)
            waiting = []
            await asyncio.sleep(0)
    reader.take(waiting)
    return reader.finish()


async def _lines(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines that are not blank, without their ends."""
    rest = b""
    async for piece in content:
        *complete, rest = (rest + piece).split(b"\n")
        for line in complete:
            if line.strip():
                yield line
        if len(rest) > _LINE_LIMIT:
            raise PayloadTooLargeError(
                f"a line may have {_LINE_LIMIT} bytes; end each item with a line feed",
                limit=_LINE_LIMIT,
            )
    if rest.strip():
        yield rest


class _LineReader:
    """Puts a batch together, chunk by chunk."""

    def __init__(self) -> None:
        self._head: BatchHead | None = None
        self._items: list[BatchItem] = []
        self._count = 0
        self._faults: list[dict[str, str]] = []
        self._digest = hashlib.sha256()

    def take(self, lines: Sequence[bytes]) -> None:
        """Check the next lines."""
        for line in lines:
            self._digest.update(line.strip() + b"\n")
        if self._head is None and lines:
            self._head = self._read_head(lines[0])
            lines = lines[1:]
        start, self._count = self._count, self._count + len(lines)
        if self._count > BATCH_ITEMS_LIMIT:
            raise InvalidRequestError.at("/items", f"a batch may have {BATCH_ITEMS_LIMIT:,} items")
        try:
            items = _ITEMS.validate_json(b"[" + b",".join(lines) + b"]")
        except ValidationError:
            items = []
        if len(items) == len(lines):
            self._items += items
            return
        for place, line in enumerate(lines, start):
            self._read_item(line, place)

    def finish(self) -> BatchBody:
        """Return the batch, or raise every fault."""
        if self._head is None or self._count == 0:
            raise InvalidRequestError.at(
                "/items", "the first line has name and labels, each further line an item: none came"
            )
        if self._faults:
            raise InvalidRequestError(summarise(self._faults), errors=self._faults[:_FAULTS_LIMIT])
        submission = BatchSubmission.model_construct(
            name=self._head.name, labels=self._head.labels, items=self._items
        )
        return BatchBody(submission, self._digest.hexdigest())

    def _read_head(self, line: bytes) -> BatchHead:
        try:
            return BatchHead.model_validate_json(line)
        except ValidationError as error:
            self._note(error, BatchHead, "")
            return BatchHead()

    def _read_item(self, line: bytes, place: int) -> None:
        try:
            self._items.append(BatchItem.model_validate_json(line))
        except ValidationError as error:
            self._note(error, BatchItem, f"/items/{place}")

    def _note(self, error: ValidationError, model: object, at: str) -> None:
        if len(self._faults) < _FAULTS_LIMIT:
            for found in error.errors(include_url=False):
                if found["type"] == "json_invalid":
                    # The whole line, which the pointer names already.
                    found["input"] = None
                self._faults += explain([found], model, at=at)
