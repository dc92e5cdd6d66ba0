import httpx
import pytest
from fastapi import FastAPI, Request, Response

from mlmon import AsyncClient, Client
from mlmon.errors import NotFoundError, ServiceUnavailableError
from mlmon.generated.api.runs import cancel_run, get_run, submit_run, wait_run
from mlmon.generated.models import RunDocument, RunState, RunSubmission


def open_client(api: FastAPI) -> Client:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=api))
    return Client("http://mlmon.test", token="t", http=http)


async def test_answer_is_a_generated_model(client: AsyncClient) -> None:
    found = await get_run.asyncio("r1", client=client.generated)

    assert isinstance(found, RunDocument)
    assert (found.job, found.state) == ("train", RunState.SUCCEEDED)


async def test_problem_is_raised_as_our_error(client: AsyncClient) -> None:
    with pytest.raises(NotFoundError, match="run r9 does not exist"):
        await get_run.asyncio("r9", client=client.generated)


def test_functions_without_an_event_loop_do_the_same(api: FastAPI) -> None:
    with open_client(api) as client:
        waited = wait_run.sync("r1", client=client.generated, timeout=30.0)

        assert waited is not None
        assert waited.id == "r1"
        with pytest.raises(NotFoundError, match="run r9 does not exist"):
            get_run.sync("r9", client=client.generated)


async def test_body_key_and_token_are_passed_on(client: AsyncClient, api: FastAPI) -> None:
    body = RunSubmission(job="train", client="AA", priority=7)

    await submit_run.asyncio(client=client.generated, body=body, idempotency_key="k1")

    ((submission, headers),) = api.state.sent
    assert (submission.priority, headers["idempotency-key"]) == (7, "k1")
    assert headers["authorization"] == "Bearer t"


async def test_only_what_may_be_repeated_is_tried_again(client: AsyncClient, api: FastAPI) -> None:
    tried: list[str] = []

    @api.middleware("http")
    async def refuse(request: Request, _: object) -> Response:
        tried.append(request.method)
        return Response(status_code=503, headers={"Retry-After": "0"})

    for call in (cancel_run, get_run):
        with pytest.raises(ServiceUnavailableError):
            await call.asyncio("r1", client=client.generated)

    assert tried == ["POST", *["GET"] * 4]
