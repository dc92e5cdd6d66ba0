"""`mlmon demo`: the flight-delay example, end to end."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console

from mlmon import AsyncClient
from mlmon_shared.errors import ConfigurationError
from mlmon_standalone.agent_runtimes import say_runtimes
from mlmon_standalone.agents import write_plans
from mlmon_standalone.data_folders import open_data_folder
from mlmon_standalone.demo_batches import (
    IMAGE,
    apply_example,
    find_example,
    list_items,
    plan_agents,
)
from mlmon_standalone.demo_images import build_image
from mlmon_standalone.demo_results import Results, await_results, report_results
from mlmon_standalone.server import Standalone, run_standalone
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

_BATCH: Final = "flight-delays"


async def run_demo(path: Path, *, port: int, is_apart: bool, in_containers: bool) -> int:
    """Run the demo on a server of its own and print its results.

    Args:
        path: Data folder; earlier demos in it are kept.
        port: 0 takes a free one.
        is_apart: Run each service as a process of its own.
        in_containers: Run attempts in containers of an image that is built first.

    Returns:
        0 when every airline ended as it should; 1 otherwise.

    Raises:
        ConfigurationError: The folder, the port, the example or the engine cannot be used.
    """
    console = Console(highlight=False)
    example = find_example()
    folder = open_data_folder(path)

    def say(step: str) -> None:
        console.print(f"{step} …", soft_wrap=True)

    kind, engine = RuntimeKind.PROCESS, ""
    try:
        if in_containers:
            kind = RuntimeKind.DOCKER
            engine = await asyncio.to_thread(build_image, example, IMAGE, say=say)
        async with run_standalone(folder, port=port, is_apart=is_apart, say=say) as server:
            console.print(f"MLMon is at {server.url}; its data is in {folder.path}")
            for line in say_runtimes([kind], engine=engine):
                console.print(line, soft_wrap=True)
            results = await _run_batch(server, example, console, kind)
    finally:
        folder.release()
    return report_results(results, console, how_to_open=f"./run up --data {folder.path}")


async def attach_demo(client: AsyncClient, path: Path, *, in_containers: bool) -> int:
    """Run the demo on a server that is there, with the agents that it has.

    Args:
        client: Of the server; its token may save and submit.
        path: Folder for the chart.
        in_containers: Build the example's image first, on the engine of this machine.

    Returns:
        As `run_demo`.

    Raises:
        ConfigurationError: No agent is alive, or the example or the engine cannot be used.
        MlmonError: The server cannot be reached, or refuses.
    """
    console = Console(highlight=False)
    example = find_example()
    agents = [agent for agent in await client.agents() if agent.is_alive]
    if not agents:
        raise ConfigurationError(f"no agent of {client.url} is alive; start one")
    if in_containers:

        def say(step: str) -> None:
            console.print(f"{step} …", soft_wrap=True)

        await asyncio.to_thread(build_image, example, IMAGE, say=say)
    pools = sorted({agent.pool for agent in agents})
    console.print(f"MLMon is at {client.url}")
    console.print(f"agents: {', '.join(f'{a.host} (pool {a.pool}, {a.runtime})' for a in agents)}")
    await apply_example(client, example, pools=pools)
    batch = await client.submit_batch(list_items(example), name=_BATCH)
    results = await await_results(client, batch, console, folder=path)
    return report_results(
        results, console, how_to_open=f"mlmon --server {client.url} batches get {batch.id}"
    )


async def _run_batch(
    server: Standalone, example: Path, console: Console, kind: RuntimeKind
) -> Results:
    async with server.client() as client:
        await apply_example(client, example)
        plans = plan_agents(example, kind)
        write_plans(server.folder, plans)
        await server.start_agents(plans)
        console.print(f"agents: {', '.join(f'{p.name} (pool {p.pool})' for p in plans)}")
        batch = await client.submit_batch(list_items(example), name=_BATCH)
        return await await_results(client, batch, console, folder=server.folder.path)
