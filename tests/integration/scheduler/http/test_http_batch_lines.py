"""Batches sent as lines."""

import json

import pytest

from mlmon_shared.errors import IdempotencyConflictError
from mlmon_shared.wire.batches import LINES_TYPE, BatchSubmission
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.test_http_batches import after, counted, item

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_client_sends_a_large_batch_as_lines(services: Services):
    items = [
        item(f"item-{number}", client="acme" if number % 3 else "bolt") for number in range(1499)
    ]
    items.append(item("last", depends_on=after("item-0", "item-1498")))
    submission = BatchSubmission.model_validate({"name": "large", "items": items})

    batch = await services.scheduler.submit_batch(submission, idempotency_key="large")

    assert (batch.name, batch.total) == ("large", 1500)
    await counted(services, batch, queued=1499, blocked=1)
    again = await services.scheduler.submit_batch(submission, idempotency_key="large")
    assert again.id == batch.id
    other = submission.model_copy(update={"name": "other"})
    with pytest.raises(IdempotencyConflictError):
        await services.scheduler.submit_batch(other, idempotency_key="large")


async def test_unknown_names_in_lines_are_refused_at_their_place(services: Services):
    lines = [{}, item("a"), item("b", job="ecko"), item("c", depends_on=after("d"))]
    body = "\n".join(json.dumps(line) for line in lines).encode()

    response = await services.ask(
        "POST", "/v1/batches", content=body, headers={"Content-Type": LINES_TYPE}
    )

    assert response.status_code == 422
    pointers = {fault["pointer"] for fault in response.json()["errors"]}
    assert pointers == {"/items/1/job", "/items/2/depends_on/0/key"}
    assert (await services.scheduler.list_batches()).items == []


async def test_description_of_the_api_has_both_forms(services: Services):
    document = (await services.ask("GET", "/openapi.json", token=None)).json()

    content = document["paths"]["/v1/batches"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", LINES_TYPE}
    assert {"BatchSubmission", "BatchItem", "ItemDependency"} <= set(
        document["components"]["schemas"]
    )
