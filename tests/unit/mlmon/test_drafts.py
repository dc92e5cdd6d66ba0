from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mlmon import AsyncClient, Client
from mlmon.errors import InvalidRequestError
from mlmon_shared.wire.batches import BatchDocument, BatchSubmission
from mlmon_shared.wire.catalog import ClientDocument, ClientPage


@pytest.fixture
def batches(api: FastAPI, make_batch: Callable[..., BatchDocument]) -> list[BatchSubmission]:
    """What the API is sent, most specific first: our route goes before those of `api`."""
    sent: list[BatchSubmission] = []

    async def submit_batch(submission: BatchSubmission) -> BatchDocument:
        sent.append(submission)
        return make_batch(name=submission.name, total=len(submission.items))

    api.add_api_route("/v1/batches", submit_batch, methods=["POST"])
    api.router.routes.insert(0, api.router.routes.pop())
    return sent


async def test_items_wait_for_those_that_after_names(
    client: AsyncClient, batches: list[BatchSubmission]
) -> None:
    draft = client.batch("nightly", labels={"team": "growth"})
    train = draft.add("train", client="AA", params={"month": 9})
    draft.add("score", client="AA", after=train, priority=7)
    draft.add("report", client="AA", key="report", after=[train, "r1"])

    batch = await draft.submit()

    (sent,) = batches
    assert (batch.name, sent.labels, len(draft)) == ("nightly", {"team": "growth"}, 3)
    assert [item.key for item in sent.items] == ["train/AA", "score/AA", "report"]
    assert [
        [edge.model_dump(exclude_none=True, include={"key", "run"}) for edge in item.depends_on]
        for item in sent.items
    ] == [[], [{"key": "train/AA"}], [{"key": "train/AA"}, {"run": "r1"}]]


async def test_keys_are_numbered_or_refused(client: AsyncClient) -> None:
    draft = client.batch()
    items = [draft.add("train", client="AA") for _ in range(3)]

    assert [item.key for item in items] == ["train/AA", "train/AA-2", "train/AA-3"]
    with pytest.raises(InvalidRequestError, match='"train/AA-2" is taken'):
        draft.add("train", client="AA", key="train/AA-2")
    with pytest.raises(InvalidRequestError, match="an item of another batch"):
        client.batch().add("score", client="AA", after=items[0])


def test_a_job_is_mapped_over_clients(api: FastAPI, batches: list[BatchSubmission]) -> None:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=api))
    with Client("http://mlmon.test", http=http) as client:
        batch = client.map(
            "train", clients=["AA", "UA"], params=lambda name: {"of": name}, lane="low"
        )

    assert (batch.name, batch.total) == ("train", 2)
    assert [(item.key, item.params, item.lane) for item in batches[0].items] == [
        ("AA", {"of": "AA"}, "low"),
        ("UA", {"of": "UA"}, "low"),
    ]


async def test_clients_are_found_by_label(
    client: AsyncClient, api: FastAPI, batches: list[BatchSubmission]
) -> None:
    asked: list[tuple[str, str]] = []

    async def list_clients(label: str, cursor: str = "") -> ClientPage:
        asked.append((label, cursor))
        names = {"": ["AA"], "2": ["UA"]}[cursor] if label == "tier:gold" else []
        clients = [ClientDocument(name=name) for name in names]
        return ClientPage(items=clients, next_cursor=None if cursor or not names else "2")

    api.add_api_route("/v1/clients", list_clients, methods=["GET"])
    api.router.routes.insert(0, api.router.routes.pop())

    await client.map("train", client_labels={"tier": "gold"}, params={"month": 9})

    assert asked == [("tier:gold", ""), ("tier:gold", "2")]
    assert [(item.client, item.params) for item in batches[0].items] == [
        ("AA", {"month": 9}),
        ("UA", {"month": 9}),
    ]
    with pytest.raises(InvalidRequestError, match="no client has the labels tier=tin"):
        await client.map("train", client_labels={"tier": "tin"})


@pytest.mark.parametrize("given", [{}, {"clients": ["AA"], "client_labels": {"a": "b"}}])
async def test_clients_are_named_in_one_way(client: AsyncClient, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="either clients"):
        await client.map("train", **given)
