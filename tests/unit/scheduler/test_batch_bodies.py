"""Batches that arrive as lines."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from mlmon_scheduler.api.batch_bodies import BatchBody, read_batch
from mlmon_shared.errors import (
    InvalidRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from mlmon_shared.wire.batches import JSON_ITEMS_LIMIT, LINES_TYPE


def item(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "job": "echo", "client": "acme", **fields}


def lines_of(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


async def read(*pieces: bytes, media_type: str = LINES_TYPE) -> BatchBody:
    messages: AsyncIterator[dict[str, Any]] = _messages(pieces)

    async def receive() -> dict[str, Any]:
        return await anext(messages)

    headers = [(b"content-type", media_type.encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/batches", "headers": headers}
    return await read_batch(Request(scope, receive))


async def _messages(pieces: tuple[bytes, ...]) -> AsyncIterator[dict[str, Any]]:
    for place, piece in enumerate(pieces):
        is_last = place == len(pieces) - 1
        yield {"type": "http.request", "body": piece, "more_body": not is_last}


async def faults_of(*documents: object) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        await read(lines_of(*documents))
    return {fault["pointer"]: fault["detail"] for fault in caught.value.errors}


async def test_lines_are_the_same_batch_however_they_are_cut():
    items = [item(f"item-{number}", params={"é": number}) for number in range(450)]
    body = lines_of({"name": "nightly", "labels": {"team": "growth"}}, *items)
    whole = await read(body)

    cut = await read(*(body[start : start + 7] for start in range(0, len(body), 7)))

    assert cut == whole
    assert (cut.submission.name, cut.submission.labels) == ("nightly", {"team": "growth"})
    assert [each.key for each in cut.submission.items] == [each["key"] for each in items]


async def test_blank_lines_and_a_missing_last_line_feed_do_not_matter():
    body = lines_of({}, item("a"), item("b"))

    assert await read(body.replace(b"\n", b"\r\n\n")[:-3]) == await read(body)


async def test_every_bad_line_is_named_by_its_place():
    items: list[object] = [item(f"item-{number}") for number in range(410)]
    items[3] = item("item-3", priorty=1)
    items[205] = {"key": "item-205", "job": "echo"}
    items[409] = item("", priority="high")

    faults = await faults_of({"name": "x"}, *items)

    assert set(faults) == {
        "/items/3/priorty",
        "/items/205/client",
        "/items/409/key",
        "/items/409/priority",
    }
    assert 'did you mean "priority"?' in faults["/items/3/priorty"]


async def test_two_items_on_one_line_are_refused():
    with pytest.raises(InvalidRequestError) as caught:
        await read(lines_of({}) + json.dumps(item("a")).encode() + b"," + lines_of(item("b")))

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/items/0"
    assert "JSON" in fault["detail"]


async def test_first_line_is_the_batch_itself():
    faults = await faults_of(item("a"), item("b"))

    assert {"/key", "/job", "/client"} == set(faults)


async def test_batch_without_items_is_refused():
    assert set(await faults_of({"name": "x"})) == {"/items"}


async def test_line_without_end_is_refused_before_it_fills_the_memory():
    with pytest.raises(PayloadTooLargeError):
        await read(lines_of({}), b"x" * 2**20, b"x")


async def test_json_may_have_fewer_items_than_lines():
    items = [item(str(number)) for number in range(JSON_ITEMS_LIMIT + 1)]
    body = json.dumps({"items": items}).encode()

    with pytest.raises(InvalidRequestError, match=LINES_TYPE):
        await read(body, media_type="application/json; charset=utf-8")
    assert len((await read(lines_of({}, *items))).submission.items) == len(items)


async def test_other_types_are_refused():
    with pytest.raises(UnsupportedMediaTypeError, match=LINES_TYPE):
        await read(b"", media_type="text/csv")
