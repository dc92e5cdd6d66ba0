"""Start and stop a standalone server: stores, services, front, agents."""

import asyncio
import contextlib
import errno
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
import uvicorn
from starlette.types import ASGIApp

from mlmon import AsyncClient
from mlmon.connections import standalone_connection_file
from mlmon_config_api.migrating import migrate as migrate_config
from mlmon_report_writer.migrating import migrate as migrate_reports
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.servers import EmbeddedServer
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool, TokenRequest
from mlmon_shared.wire.health import Readiness
from mlmon_shared.wire.states import Scope
from mlmon_standalone.agents import AgentPlan, agent_child
from mlmon_standalone.children import Child
from mlmon_standalone.data_folders import DataFolder, write_secret
from mlmon_standalone.front import create_front
from mlmon_standalone.services import Stores, run_apart, run_inside
from mlmon_worker_agent.adapters.hosts import measure_capacity
from mlmon_worker_agent.adapters.nvml import NvmlDriver
from mlmon_worker_agent.application.find_gpus import find_gpus

DEFAULT_POOL: Final = "default"
STOP_AFTER_SECONDS: Final = 15.0
_READY_SECONDS: Final = 30.0
_WATCH_SECONDS: Final = 0.5
_SHARE_OF_QUEUE: Final = 4
_SHARE_OF_LOGS: Final = 16
"""Of this machine's memory, what stores may take: a fourth, and a sixteenth."""

log = structlog.get_logger(__name__)
Say = Callable[[str], None]


class Restartable(Protocol):
    """Something that runs, and can be started again when it does not."""

    @property
    def is_running(self) -> bool:
        """Whether it runs."""

    def start(self) -> None:
        """Start it."""


@dataclass
class Standalone:
    """A running server.

    Attributes:
        url: Of everything.
        agents: Started by `start_agents`.
    """

    url: str
    folder: DataFolder
    agents: dict[str, Child] = field(default_factory=dict)
    watched: dict[str, Restartable] = field(default_factory=dict)

    def client(self) -> AsyncClient:
        """Return a client with the admin token; the caller closes it."""
        return AsyncClient(self.url, token_file=self.folder.admin_token_file)

    async def start_agents(self, plans: Sequence[AgentPlan]) -> None:
        """Start agents; their pools exist, and get a bootstrap token if they have none."""
        async with self.client() as client:
            for pool in {plan.pool for plan in plans}:
                file = self.folder.agent_token_file(pool)
                if not file.exists():
                    name = f"standalone-agents-{pool}"
                    request = TokenRequest(name=name, scopes=[Scope.AGENT], pool=pool)
                    write_secret(file, (await client.config_api.create_token(request)).token)
        for plan in plans:
            agent = agent_child(plan, self.folder, self.url)
            agent.start()
            self.agents[f"agent {plan.name}"] = agent
        self.watched |= self.agents

    async def stop_agents(self) -> None:
        """Stop every agent; what they ran goes back to the queue."""
        for name, agent in self.agents.items():
            self.watched.pop(name, None)
            agent.begin_stop()
        for agent in self.agents.values():
            await asyncio.to_thread(agent.end_stop)
        self.agents.clear()


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: this program has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        yield


@asynccontextmanager
async def run_standalone(
    folder: DataFolder, *, port: int, is_apart: bool = False, say: Say = lambda _: None
) -> AsyncIterator[Standalone]:
    """Run a server on a loopback port; everything has ended when the context has.

    Args:
        folder: Locked by this process.
        port: 0 takes a free one.
        is_apart: Run each service as a process of its own.
        say: Told of each step, for people who wait.

    Raises:
        ConfigurationError: The port is taken, or something did not start.
    """
    with _listen(port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with AsyncExitStack() as stack:
            say("starting Valkey and PostgreSQL")
            stores, servers = await _start_stores(folder, stack)
            say("starting the services")
            server = Standalone(url, folder)
            server.watched |= servers
            if is_apart:
                services, children = await stack.enter_async_context(run_apart(folder, stores))
                server.watched |= children
            else:
                services = await stack.enter_async_context(run_inside(folder, stores, url))
            await stack.enter_async_context(_serve(create_front(services), listener))
            for service in services:
                stack.callback(service.begin_stop)
            stack.push_async_callback(server.stop_agents)
            await _wait_ready(server)
            watching = asyncio.create_task(_watch(server.watched))
            stack.push_async_callback(_cancel, watching)
            stack.enter_context(_announced(server))
            yield server


async def default_pool(folder: DataFolder) -> Pool:
    """Return the pool of a server that was just set up: this machine."""
    host = measure_capacity(folder.path)
    async with NvmlDriver() as driver:
        gpus = len(await find_gpus(driver, most=None))
    return Pool.model_validate(
        {
            "name": DEFAULT_POOL,
            "description": "The machine that `mlmon up` runs on.",
            "resources": _resources(host, gpus),
            "stop_after": STOP_AFTER_SECONDS,
            "kill_grace": 5.0,
        }
    )


def _resources(host: Vector, gpus: int) -> dict[str, float]:
    return {
        "cpu": host.cpu_milli / 1000,
        "memory": host.memory,
        "gpus": gpus,
        "disk": host.disk,
    }


def _listen(port: int) -> socket.socket:
    try:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
    except OSError as error:
        why = (
            "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        )
        raise ConfigurationError(
            f"port {port} of 127.0.0.1 {why}; choose another with --port"
        ) from error
    # asyncio sets it only on sockets that it made; without it each answer waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def _start_stores(
    folder: DataFolder, stack: AsyncExitStack
) -> tuple[Stores, dict[str, Restartable]]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    queue = EmbeddedValkey(folder.path / "valkey", max_memory=str(memory // _SHARE_OF_QUEUE))
    logs = EmbeddedValkey(
        folder.path / "valkey-logs",
        is_persistent=False,
        max_memory=str(memory // _SHARE_OF_LOGS),
        settings={"maxmemory-policy": "allkeys-lru"},
    )
    postgres = EmbeddedPostgres(folder.path / "postgres")
    servers: dict[str, EmbeddedServer] = {
        "valkey": queue,
        "valkey-logs": logs,
        "postgres": postgres,
    }
    for server in servers.values():
        await stack.enter_async_context(server)
    for name in ("config", "reports"):
        await asyncio.to_thread(postgres.create_database, name)
    await asyncio.to_thread(migrate_config, postgres.dsn("config"))
    await asyncio.to_thread(migrate_reports, postgres.dsn("reports"))
    stores = Stores(
        config=postgres.dsn("config"),
        reports=postgres.dsn("reports"),
        queue=queue.url,
        logs=logs.url,
    )
    return stores, dict(servers)


@asynccontextmanager
async def _serve(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=3,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def _wait_ready(server: Standalone) -> None:
    deadline = asyncio.get_running_loop().time() + _READY_SECONDS
    why = "nothing was answered"
    async with server.client() as client:
        while asyncio.get_running_loop().time() < deadline:
            try:
                await client.agents()
                await client.scheduler.list_batches(limit=1)
                why = _find_fault(await client.health.get_readiness())
            except MlmonError as error:
                why = error.detail
            if not why:
                return
            await asyncio.sleep(0.05)
    raise ConfigurationError(f"the services did not become ready: {why}")


def _find_fault(readiness: Readiness) -> str:
    """Return what is not ready, an empty text for nothing; a recovery takes its time."""
    faults = [
        f"{name}: {state}"
        for name, state in readiness.dependencies.items()
        if state != "ok" and not state.startswith("recovering")
    ]
    return "; ".join(faults)


async def _watch(watched: dict[str, Restartable]) -> None:
    """Start again what has ended by itself."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        for name, part in list(watched.items()):
            if not part.is_running:
                log.error("part has ended; starting it again", part=name)
                try:
                    part.start()
                except (MlmonError, OSError) as error:
                    log.error("part does not start", part=name, detail=str(error))  # noqa: TRY400 - one line for people


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextlib.contextmanager
def _announced(server: Standalone) -> Generator[None, None, None]:
    """Let clients on this machine find the server, while it is there."""
    file = standalone_connection_file()
    document = {"url": server.url, "token_file": str(server.folder.admin_token_file)}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document) + "\n")
    except OSError as error:
        log.warning(
            "clients do not find this server by themselves",
            file=str(file),
            detail=error.strerror,
        )
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            if json.loads(file.read_text()) == document:
                file.unlink()
