"""The status page of a real agent."""

import socket
from http import HTTPStatus
from typing import Any

import httpx

from mlmon_shared.testing.polling import eventually
from tests.integration.worker_agent.conftest import FakeScheduler
from tests.integration.worker_agent.processes.conftest import AgentProcess


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def ask(port: int, path: str = "/status", **headers: str) -> httpx.Response | None:
    async with httpx.AsyncClient() as client:
        try:
            return await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        except httpx.ConnectError:
            return None


async def status_when(port: int, is_so: Any) -> dict[str, Any]:
    async def find() -> dict[str, Any] | None:
        answer = await ask(port)
        if answer is None:
            return None
        document: dict[str, Any] = answer.json()
        document["loops"] = {loop["name"]: loop for loop in document["loops"]}
        return document if is_so(document) else None

    return await eventually(find, within_seconds=20)


async def test_status_says_what_loops_and_attempts_do(
    agent: AgentProcess, scheduler: FakeScheduler
) -> None:
    port = free_port()
    spec = scheduler.python("import time; time.sleep(600)")
    await agent.start(status_port=str(port))

    busy = await status_when(
        port, lambda told: any(a["phase"] == "running" for a in told["attempts"])
    )

    assert set(busy["loops"]) == {"beat", "results", "poll", "contact", "releases", "host"}
    assert [attempt["run_id"] for attempt in busy["attempts"]] == [spec.run_id]
    page = await ask(port, "/")
    assert page is not None
    assert spec.run_id in page.text
    everything = page.text + str(busy)
    assert "bootstrap" not in everything
    assert "token-of" not in everything

    scheduler.is_down = True
    failing = await status_when(port, lambda told: told["loops"]["beat"]["state"] == "failing")

    assert "503" in failing["loops"]["beat"]["failure"]

    scheduler.is_down = False
    await status_when(port, lambda told: told["loops"]["beat"]["failures"] == 0)
    scheduler.cancel(spec)
    done = await status_when(port, lambda told: not told["attempts"])

    assert done["is_draining"] is False


async def test_page_is_for_this_host_only(agent: AgentProcess) -> None:
    port = free_port()
    await agent.start(status_port=str(port))
    await status_when(port, lambda _: True)

    foreign = await ask(port, Host="evil.example:80")
    missing = await ask(port, "/secrets")

    assert foreign is not None
    assert missing is not None
    assert foreign.status_code == HTTPStatus.FORBIDDEN
    assert missing.status_code == HTTPStatus.NOT_FOUND


async def test_a_port_that_is_taken_is_named(agent: AgentProcess, scheduler: FakeScheduler) -> None:
    taken = scheduler.url.rpartition(":")[2]
    await agent.start(status_port=taken)

    assert await agent.wait() == 78
    assert f"MLMON_AGENT_STATUS_PORT: cannot listen on 127.0.0.1:{taken}" in agent.log
