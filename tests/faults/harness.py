"""MLMon as separate processes, each of which a test can kill, stop, pause and start again.

Everything lives in one folder: two Valkeys, PostgreSQL, the three services, agents. Agents reach
the scheduler through a proxy that can lose answers. Tests reach the services through the
front of the standalone server.

`MLMON_FAULTS_LOGS=<folder>` keeps the logs of every test there.
"""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest

from mlmon import AsyncClient
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.errors import MlmonError
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.polling import eventually, eventually_sync
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import RunState, Scope
from mlmon_standalone.agents import AgentPlan, agent_environment
from mlmon_standalone.data_folders import DataFolder, open_data_folder, write_secret
from mlmon_standalone.front import (
    CONFIG_API,
    REPORT_WRITER,
    SCHEDULER,
    create_front,
    in_other_process,
)
from mlmon_standalone.services import Stores, _environments, free_ports
from tests.faults.events import EventRecorder
from tests.faults.namespaces import NetworkNamespace
from tests.faults.proxies import FaultyProxy

MODULES = {
    CONFIG_API: "mlmon_config_api",
    SCHEDULER: "mlmon_scheduler",
    REPORT_WRITER: "mlmon_report_writer",
}
_START_SECONDS = 60.0


class Part:
    """One process of ours, which ends with this one: its standard input is our pipe."""

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        namespace: NetworkNamespace | None = None,
    ) -> None:
        self.name = name
        self._before = namespace.words if namespace is not None else ()
        self.log = log
        self._words = words
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    def start(self, **variables: str) -> None:
        assert not self.is_running, f"{self.name} runs already"
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._before, sys.executable, *self._words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment | variables,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End this one process as the kernel would when memory is short."""
        self.signal(signal.SIGKILL)
        self._wait(10)

    async def stop(self) -> None:
        if self._process is None:
            return
        if self.is_running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        await asyncio.to_thread(self._wait, 30)

    def limit_file_size(self, size: int) -> None:
        """Let no file grow beyond a size; RLIM_INFINITY takes the limit back."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def _wait(self, seconds: float) -> None:
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            pytest.fail(f"{self.name} did not stop; {self.log} says why")
        finally:
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process = None


class Cluster:
    """A running MLMon; made by `running_cluster`.

    Attributes:
        client: With the admin token.
        history: report-writer, with the admin token.
        proxy: Between the agents and the scheduler.
        agents: By name; added by `start_agents`.
        events: Everything that was ever in the event stream.
        batch_id: Of the batch that faults wait for, if they do.
    """

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.queue = EmbeddedValkey(folder.path / "valkey")
        self.logs = EmbeddedValkey(folder.path / "valkey-logs", is_persistent=False)
        self.postgres = EmbeddedPostgres(folder.path / "postgres", fsync=False)
        self.services: dict[str, Part] = {}
        self.agents: dict[str, Part] = {}
        self.ports = dict(zip(MODULES, free_ports(len(MODULES)), strict=True))
        self.proxy = FaultyProxy(self.ports[SCHEDULER])
        self.batch_id = ""
        self.client: AsyncClient
        self.history: ReportWriterClient
        self.events: EventRecorder

    @property
    def path(self) -> Path:
        return self.folder.path

    def scratch(self, agent: str) -> Path:
        return self.path / "agents" / agent / "scratch"

    async def start_agents(
        self,
        plans: Sequence[AgentPlan],
        *,
        settings: Mapping[str, str] | None = None,
        namespaces: Mapping[str, NetworkNamespace] | None = None,
        environments: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Start agents of pools that exist; some of them, by name, in another network or with
        further variables."""
        for pool in sorted({plan.pool for plan in plans}):
            request = TokenRequest(name=f"agents-{pool}", scopes=[Scope.AGENT], pool=pool)
            made = await self.client.config_api.create_token(request)
            write_secret(self.folder.agent_token_file(pool), made.token)
        for plan in plans:
            namespace = (namespaces or {}).get(plan.name)
            url = self.proxy.url
            if namespace is not None:
                url = f"http://{namespace.address}:{self.proxy.port}"
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith("MLMON_")
            } | agent_environment(plan, self.folder, url)
            agent = Part(
                plan.name,
                ["-m", "mlmon_worker_agent"],
                environment
                | {f"MLMON_AGENT_{name}": text for name, text in (settings or {}).items()}
                | dict((environments or {}).get(plan.name, {})),
                self.path / "logs" / f"agent-{plan.name}.log",
                namespace=namespace,
            )
            self.agents[plan.name] = agent
            agent.start()

    async def agents_are_known(self) -> None:
        """Wait until every agent is registered: the scheduler then knows all that was saved."""

        async def all_are_registered() -> bool:
            return len(await self.client.agents()) == len(self.agents)

        await eventually(answered(all_are_registered), within_seconds=_START_SECONDS)

    async def stop_agents(self) -> None:
        """Stop every agent; none may leave an attempt behind."""
        await asyncio.gather(*(agent.stop() for agent in self.agents.values()))

    async def start_anew(self) -> None:
        """Be as after the start, but for what was stored: without agents and faults."""
        await self.stop_agents()
        for name in self.agents:
            shutil.rmtree(self.path / "agents" / name)
        self.agents.clear()
        self.proxy.start_anew()
        await self.events.start_anew()
        for service in self.services:
            await self.wait_alive(service)
        await self.wait_ready()

    async def stop_services(self) -> None:
        """Stop every service that runs."""
        await asyncio.gather(*(service.stop() for service in self.services.values()))

    async def restart(self, service: str, **variables: str) -> None:
        """Start a service that was killed or stopped, and wait until it answers.

        Args:
            service: Which.
            variables: Of its environment, for this start.
        """
        self.services[service].start(**variables)
        await self.wait_alive(service)

    async def wait_alive(self, service: str) -> None:
        async def is_alive() -> bool:
            url = f"http://127.0.0.1:{self.ports[service]}"
            part = self.services[service]
            assert part.is_running, part.log.read_text()[-2000:]
            async with Transport(url, tries=1) as transport:
                return (await transport.send("GET", "/healthz")).is_success

        await eventually(answered(is_alive), within_seconds=_START_SECONDS)

    async def wait_ready(self) -> None:
        async def is_ready() -> bool:
            transport = self.client._transport
            await self.client.agents()
            await self.client.scheduler.list_batches(limit=1)
            return (await transport.send("GET", "/readyz")).is_success

        await eventually(answered(is_ready), within_seconds=_START_SECONDS)

    def processes(self) -> list[str]:
        """Return the command lines of all processes that name this cluster's folder."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "environ"]):
            words = process.info["cmdline"] or []
            variables = (process.info["environ"] or {}).values()
            if any(str(self.path) in text for text in [*words, *variables]):
                found.append(" ".join(words))
        return found


def answered(condition: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    """Return the condition, for which an error of ours means not yet."""

    async def ask() -> bool:
        try:
            return await condition()
        except MlmonError as error:
            raise AssertionError(error.detail) from error

    return ask


@asynccontextmanager
async def running_cluster(path: Path) -> AsyncIterator[Cluster]:
    """Run everything but agents; at the end, nothing of it is left.

    Args:
        path: A folder of its own that other users can enter.
    """
    cluster = Cluster(open_data_folder(path))
    try:
        async with AsyncExitStack() as stack:
            stack.callback(cluster.folder.release)
            stores = await _start_stores(cluster, stack)
            urls = {name: f"http://127.0.0.1:{port}" for name, port in cluster.ports.items()}
            for service, environment in _environments(cluster.folder, stores, urls).items():
                part = cluster.services[service] = _service(cluster, service, environment)
                part.start()
            stack.push_async_callback(cluster.stop_services)
            fronted = [
                await stack.enter_async_context(in_other_process(service, url))
                for service, url in urls.items()
            ]
            front = await stack.enter_async_context(live_server(create_front(fronted)))
            await stack.enter_async_context(cluster.proxy.serving())
            cluster.client = await stack.enter_async_context(
                AsyncClient(front, token_file=cluster.folder.admin_token_file)
            )
            cluster.history = ReportWriterClient(cluster.client._transport)
            for service in MODULES:
                await cluster.wait_alive(service)
            await cluster.wait_ready()
            cluster.events = await stack.enter_async_context(
                EventRecorder(cluster.queue.url).recording()
            )
            stack.push_async_callback(cluster.stop_agents)
            yield cluster
    finally:
        eventually_sync(
            lambda: not cluster.processes(), within_seconds=20, describe="no process is left"
        )


async def _start_stores(cluster: Cluster, stack: AsyncExitStack) -> Stores:
    servers = (cluster.queue, cluster.logs, cluster.postgres)
    for server in servers:
        stack.push_async_callback(server.stop_async)
    await asyncio.gather(*(server.start_async() for server in servers))
    for database in ("config", "reports"):
        await asyncio.to_thread(cluster.postgres.create_database, database)
    return Stores(
        config=cluster.postgres.dsn("config"),
        reports=cluster.postgres.dsn("reports"),
        queue=cluster.queue.url,
        logs=cluster.logs.url,
    )


def _service(cluster: Cluster, service: str, environment: Mapping[str, str]) -> Part:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLMON_")}
    prefix = MODULES[service].upper()
    own = {f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(cluster.ports[service])}
    if service != SCHEDULER:
        own[f"{prefix}_MIGRATE_ON_START"] = "true"
        own[f"{prefix}_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
        own[f"{prefix}_WEBHOOK_ALLOW_HTTP"] = "true"
    return Part(
        service,
        ["-m", "mlmon_standalone.with_parent", MODULES[service]],
        {**kept, **own, **environment},
        cluster.path / "logs" / f"{service}.log",
    )


def keep_logs(cluster: Cluster, name: str) -> None:
    """Copy the logs so far to where the environment says, if it does."""
    wanted = os.environ.get("MLMON_FAULTS_LOGS")
    if wanted:
        target = Path(wanted) / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(cluster.path / "logs", target)


async def in_the_middle(cluster: Cluster, batch: BatchDocument) -> None:
    """Wait until the batch has runs that ended, runs that run and runs that wait."""

    async def is_in_the_middle() -> bool:
        counts = (await cluster.client.get_batch(batch)).counts
        wanted = {RunState.SUCCEEDED, RunState.RUNNING, RunState.BLOCKED}
        return wanted <= counts.keys()

    await eventually(answered(is_in_the_middle), within_seconds=60)
