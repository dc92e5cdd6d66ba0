"""Runs and batches with the methods of the client that fetched them."""

import inspect

import httpx
import pytest
from fastapi import FastAPI

from mlmon import AsyncClient, Client
from mlmon.async_runs import AsyncBatch, AsyncRerun, AsyncRun
from mlmon.drafts import AsyncBatchDraft, BatchDraft
from mlmon.errors import ClosedClientError, WaitTimeoutError
from mlmon.sync_runs import Batch, Rerun, Run
from mlmon_shared.wire.states import RunState


def open_client(api: FastAPI) -> Client:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=api))
    return Client("http://mlmon.test", http=http)


def test_a_run_is_awaited_read_and_run_again(api: FastAPI) -> None:
    api.state.log = b"one\ntwo\n"
    with open_client(api) as client:
        run = client.submit("train", client="AA")

        assert run.state is RunState.QUEUED
        assert run.wait().state is run.refresh().state is RunState.SUCCEEDED
        assert list(run.logs()) == ["one", "two"]
        again = run.rerun().run
        assert again is not None
        assert again.wait().id == "r1"
        assert run.cancel().state is RunState.CANCELLING


def test_a_batch_is_awaited_listed_and_run_again(api: FastAPI, make_batch) -> None:
    api.state.batches = [make_batch(state="running", outcome=None), make_batch()]
    with open_client(api) as client:
        batch = client.get_batch("b1")

        assert batch.wait().outcome == "succeeded"
        assert [run.refresh().id for run in batch.runs()] == ["r1"]
        assert batch.rerun_failed().name == "failed"


async def test_without_blocking_they_do_the_same(client: AsyncClient) -> None:
    run = await client.submit("train", client="AA")
    batch = await client.get_batch("b1")

    assert (await run.wait()).state is RunState.SUCCEEDED
    assert (await batch.wait()).outcome == "succeeded"
    assert [found.id async for found in batch.runs()] == ["r1"]
    assert (await run.rerun(scope="downstream")).batch is not None


async def test_a_wait_ends_when_its_time_is_up(client: AsyncClient, api: FastAPI, make_run) -> None:
    api.state.runs["r1"] = make_run(state="running")
    run = await client.get_run("r1")

    with pytest.raises(WaitTimeoutError, match="still running"):
        await run.wait(0.01)


def test_a_document_stays_what_the_api_sent(api: FastAPI, make_run) -> None:
    with open_client(api) as client:
        assert client.get_run("r1").model_dump_json() == make_run().model_dump_json()


def test_a_run_of_a_closed_client_says_so(api: FastAPI) -> None:
    with open_client(api) as client:
        run, batch = client.get_run("r1"), client.get_batch("b1")

    with pytest.raises(ClosedClientError, match="open another one"):
        run.refresh()
    with pytest.raises(ClosedClientError):
        next(batch.runs())
    with open_client(api) as client:
        assert client.get_run(run).id == "r1"


@pytest.mark.parametrize(
    ("blocking", "coroutines"),
    [(Run, AsyncRun), (Batch, AsyncBatch), (Rerun, AsyncRerun), (BatchDraft, AsyncBatchDraft)],
)
def test_both_have_the_same_methods_and_arguments(blocking: type, coroutines: type) -> None:
    assert signatures(blocking) == signatures(coroutines)


def test_both_clients_take_the_same_arguments() -> None:
    blocking, coroutines = signatures(Client), signatures(AsyncClient)
    del blocking["close"], coroutines["aclose"], coroutines["log_pieces"]

    assert blocking == coroutines


def signatures(kind: type) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(member).parameters)
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }
