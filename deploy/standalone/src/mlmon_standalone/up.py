"""`mlmon up`: run a standalone server until a signal comes."""

import asyncio
from pathlib import Path

import structlog
from rich.console import Console

from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_standalone.agent_runtimes import decide_runtimes
from mlmon_standalone.agents import AgentPlan, read_plans
from mlmon_standalone.data_folders import open_data_folder
from mlmon_standalone.server import DEFAULT_POOL, Standalone, default_pool, run_standalone
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

log = structlog.get_logger(__name__)


async def run_up(path: Path, *, port: int, is_apart: bool, runtime: RuntimeKind) -> int:
    """Serve until cancelled.

    Args:
        path: Data folder; made when it is not there.
        port: 0 takes a free one.
        is_apart: Run each service as a process of its own.
        runtime: What runs attempts, unless an agent's plan says it.

    Returns:
        The exit status.

    Raises:
        ConfigurationError: The folder or the port cannot be used, or there is no engine.
    """
    console = Console(stderr=True, highlight=False)
    folder = open_data_folder(path)
    try:
        async with run_standalone(
            folder, port=port, is_apart=is_apart, say=lambda step: console.print(f"{step} …")
        ) as server:
            plans = read_plans(folder, [AgentPlan(name="local", pool=DEFAULT_POOL)])
            plans, lines = decide_runtimes(plans, runtime)
            await _ensure_pool(server, plans)
            await server.start_agents(plans)
            _greet(console, server, plans, lines)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                console.print("stopping: attempts that run go back to the queue …")
                raise
    except asyncio.CancelledError:
        console.print("stopped; the data is kept")
        return 0
    finally:
        folder.release()
    return 0


async def _ensure_pool(server: Standalone, plans: list[AgentPlan]) -> None:
    """Have the default pool as large as the machine; what else people set of it stays."""
    if all(plan.pool != DEFAULT_POOL for plan in plans):
        return
    pool = await default_pool(server.folder)
    async with server.client() as client:
        try:
            kept = (await client.get_pool(DEFAULT_POOL)).as_written()
        except NotFoundError:
            await client.put_pool(pool)
            return
        try:
            await client.put_pool(kept.model_copy(update={"resources": pool.resources}))
        except InvalidRequestError as error:
            # Its shapes may be larger than the machine is now.
            log.warning("pool left as it was", pool=DEFAULT_POOL, detail=error.detail)


def _greet(console: Console, server: Standalone, plans: list[AgentPlan], lines: list[str]) -> None:
    names = ", ".join(f"{plan.name} (pool {plan.pool})" for plan in plans)
    console.print(f"[bold]MLMon is at {server.url}[/bold]  (API: {server.url}/docs)")
    console.print(f"  admin token  {server.folder.admin_token_file}")
    console.print(f"  data         {server.folder.path}")
    console.print(f"  agents       {names}")
    console.print(
        "  people       mlmon users set NAME --role admin && mlmon users invite NAME",
        soft_wrap=True,
    )
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)
    console.print("`mlmon` in another terminal finds this server by itself. Ctrl-C stops it.")
