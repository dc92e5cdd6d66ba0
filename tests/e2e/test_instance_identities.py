"""`mlmon up` and an agent that has no token, on an instance whose identity is signed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mlmon_shared.testing.polling import eventually
from tests.e2e.conftest import Up
from tests.instance_metadata import ACCOUNT, INSTANCE, Metadata, authority, serve_metadata
from tests.integration.worker_agent.processes.conftest import AgentProcess

DEFINITION = """
name: hello
image: any
command: [sh, -c, 'echo "hello $MLMON_CLIENT"']
pools: [gpu]
resources: {cpu: 0.5, memory: 64Mi}
"""


@pytest.fixture
async def metadata() -> AsyncIterator[Metadata]:
    async with serve_metadata() as made:
        made.signed = authority().sign()
        yield made


async def test_instance_without_a_token_runs_what_its_pool_is_given(
    up: Up, metadata: Metadata
) -> None:
    pinned = up.folder / "instances.pem"
    pinned.write_bytes(authority().pem)
    up.settings["MLMON_SCHEDULER_INSTANCE_CERTIFICATES_FILE"] = str(pinned)
    up.start()
    definition = up.folder / "hello.yaml"
    definition.write_text(DEFINITION)
    host = ("--cpu", "4", "--memory", "4Gi")
    up.mlmon("pools", "put", "gpu", *host, "--account", "999999999999", "--region", "eu-west-2")
    up.mlmon("clients", "put", "acme")
    up.mlmon("apply", "-f", str(definition))
    agent = AgentProcess(up.folder / "instance", up)
    await agent.start(
        bootstrap_token=None,
        instance_identity="true",
        pool="gpu",
        metadata_url=metadata.url,
    )
    try:
        refused = f"the pool gpu does not take the instance {INSTANCE}: its account is {ACCOUNT}"
        await eventually(lambda: refused in agent.log, within_seconds=20)

        up.mlmon("pools", "put", "gpu", "--account", ACCOUNT)
        submission = ("submit", "hello", "--client", "acme", "--wait")
        run_id = (await asyncio.to_thread(up.mlmon, *submission)).split()[0]

        assert up.mlmon("logs", run_id) == "hello acme\n"
        assert INSTANCE in up.mlmon("agents", "list")
        assert f'"{ACCOUNT}"' in up.mlmon("pools", "get", "gpu", "-o", "json")
    finally:
        assert await agent.stop() == 0
    assert INSTANCE not in up.mlmon("agents", "list")
