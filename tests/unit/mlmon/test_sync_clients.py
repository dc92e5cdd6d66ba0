import gc
import threading

import httpx
import pytest
from fastapi import FastAPI

from mlmon import Client
from mlmon.errors import InvalidRequestError, NotFoundError


def open_client(api: FastAPI) -> Client:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=api))
    return Client("http://mlmon.test", http=http)


def test_run_is_submitted_and_awaited(api: FastAPI) -> None:
    with open_client(api) as client:
        run = client.submit("train", client="AA")

        assert client.wait(run).state == "succeeded"


def test_log_is_iterated_and_may_be_left_early(api: FastAPI) -> None:
    api.state.log = b"one\ntwo\nthree\n"

    with open_client(api) as client:
        lines = client.logs("r1")

        assert next(lines) == "one"


def test_runs_are_iterated_to_the_end(api: FastAPI) -> None:
    with open_client(api) as client:
        assert [run.id for run in client.list_runs()] == ["r1"]


def test_what_has_ended_is_run_again(api: FastAPI) -> None:
    with open_client(api) as client:
        alone, below = client.rerun("r1"), client.rerun("r1", scope="downstream")

        assert (alone.run is not None, below.batch is not None) == (True, True)
        assert client.rerun_batch("b1", only="failed").name == "failed"
        with pytest.raises(InvalidRequestError, match="only is all or failed"):
            client.rerun_batch("b1", only="some")


def test_errors_are_raised_in_the_caller(api: FastAPI) -> None:
    with open_client(api) as client, pytest.raises(NotFoundError):
        client.get_run("r9")


def test_both_clients_have_the_same_methods() -> None:
    from mlmon import AsyncClient  # noqa: PLC0415 - kept beside what is compared

    inner = {name for name in dir(AsyncClient) if not name.startswith("_")}

    assert inner - {"aclose", "log_pieces"} == {
        name for name in dir(Client) if not name.startswith("_")
    } - {"close"}


def test_client_that_nobody_closed_ends_with_the_last_who_knew_it(api: FastAPI) -> None:
    before = set(threading.enumerate())
    client = open_client(api)
    assert client.get_run("r1").id == "r1"
    (thread,) = set(threading.enumerate()) - before

    del client
    gc.collect()

    assert not thread.is_alive()


def test_client_that_ends_in_its_own_thread_does_not_wait_for_itself(api: FastAPI) -> None:
    before = set(threading.enumerate())
    clients = [open_client(api)]
    (thread,) = set(threading.enumerate()) - before

    async def forget() -> None:
        clients.clear()

    clients[0]._portal.call(forget)
    gc.collect()

    thread.join(timeout=30)
    assert not thread.is_alive()
