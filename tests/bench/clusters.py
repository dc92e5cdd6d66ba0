"""MLMon as it is deployed on one host, without agents: what benchmarks send their requests to."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.errors import ForbiddenError, MlmonError, UnauthenticatedError
from mlmon_shared.testing.plugin import temporary_server_folder
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.catalog import Client, Pool, TokenRequest
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.states import Scope
from mlmon_standalone.data_folders import DataFolder, open_data_folder
from mlmon_standalone.front import CONFIG_API, REPORT_WRITER, SCHEDULER
from mlmon_standalone.services import Stores, _environments, free_ports

_MODULES: Final = {
    CONFIG_API: "mlmon_config_api",
    SCHEDULER: "mlmon_scheduler",
    REPORT_WRITER: "mlmon_report_writer",
}
_START_SECONDS: Final = 60.0
POOL: Final = "cpu"
NOTHING: Final[dict[str, Any]] = {
    "name": "nothing",
    "image": "registry.example.com/ds/nothing:1",
    "command": ["true"],
    "resources": {"cpu": 0.001, "memory": "1Mi"},
}
"""A job that no agent here executes."""


@dataclass
class Cluster:
    """Everything that runs, each part a process of its own.

    Attributes:
        queue: The Valkey of live runs, with `appendfsync always`.
        scheduler: With the admin's token.
        config_api: With the admin's token.
        admin_token: For requests of one's own.
        agent_token: Registers agents of the pool.
        processes: By the name of the service.
    """

    queue: EmbeddedValkey
    scheduler: SchedulerClient
    config_api: ConfigApiClient
    admin_token: str
    agent_token: str
    processes: Mapping[str, psutil.Process]
    scheduler_url: str
    config_api_url: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the scheduler."""
        parts = urlsplit(self.scheduler_url)
        return str(parts.hostname), int(parts.port or 0)

    async def add_clients(self, count: int) -> list[str]:
        """Create clients; return their names."""
        names = [f"client-{number:05d}" for number in range(count)]
        for name in names:
            applied = await self.config_api.put_client(Client(name=name))
            # So that the scheduler has them before it checks what names them.
            self.scheduler.config_revision = applied.config_revision
        return names


@asynccontextmanager
async def running_cluster(*, stop_after: float = 600.0, **settings: str) -> AsyncIterator[Cluster]:
    """Start everything, with one pool, one client and the job `nothing`; stop it at the end.

    Args:
        stop_after: Of the pool.
        **settings: Of the scheduler, without their prefix.
    """
    async with AsyncExitStack() as stack:
        folder = open_data_folder(stack.enter_context(temporary_server_folder()) / "data")
        stack.callback(folder.release)
        folder.path.chmod(0o755)
        queue = EmbeddedValkey(folder.path / "valkey")
        stores = await _start_stores(folder, queue, stack)
        ports = dict(zip(_MODULES, free_ports(len(_MODULES)), strict=True))
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        environments = _environments(folder, stores, urls)
        for name, text in settings.items():
            environments[SCHEDULER][f"MLMON_SCHEDULER_{name.upper()}"] = text
        processes = {}
        for name, environment in environments.items():
            process = _start(folder, name, ports[name], environment)
            stack.push_async_callback(asyncio.to_thread, _stop, process)
            processes[name] = psutil.Process(process.pid)
        admin = folder.admin_token_file.read_text().strip()
        for name, url in urls.items():
            await _wait_ready(folder, name, url)
        config_api = ConfigApiClient(
            await stack.enter_async_context(Transport(urls[CONFIG_API], token=admin))
        )
        scheduler = SchedulerClient(
            await stack.enter_async_context(
                Transport(urls[SCHEDULER], token=admin, timeout_seconds=120.0)
            )
        )
        resources = Resources(cpu=64, memory=512 * 2**30)
        await config_api.put_pool(Pool(name=POOL, resources=resources, stop_after=stop_after))
        await config_api.put_client(Client(name="acme"))
        await config_api.apply_job_definition(_yaml(NOTHING))
        request = TokenRequest(name="agents", scopes=[Scope.AGENT], pool=POOL)
        token = (await config_api.create_token(request)).token
        await _wait_known(urls[SCHEDULER], token)
        yield Cluster(
            queue, scheduler, config_api, admin, token, processes, urls[SCHEDULER], urls[CONFIG_API]
        )


async def _start_stores(folder: DataFolder, queue: EmbeddedValkey, stack: AsyncExitStack) -> Stores:
    logs = EmbeddedValkey(folder.path / "valkey-logs", is_persistent=False)
    postgres = EmbeddedPostgres(folder.path / "postgres")
    for server in (queue, logs, postgres):
        await stack.enter_async_context(server)
    for database in ("config", "reports"):
        await asyncio.to_thread(postgres.create_database, database)
    return Stores(
        config=postgres.dsn("config"),
        reports=postgres.dsn("reports"),
        queue=queue.url,
        logs=logs.url,
    )


def _start(
    folder: DataFolder, name: str, port: int, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    prefix = _MODULES[name].upper()
    kept = {word: text for word, text in os.environ.items() if not word.startswith("MLMON_")}
    own = {f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(port)}
    # One token asks for all clients here.
    own[f"{prefix}_REQUESTS_PER_SECOND"] = "0"
    if name != SCHEDULER:
        own[f"{prefix}_MIGRATE_ON_START"] = "true"
    with _log_of(folder, name).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "mlmon_standalone.with_parent", _MODULES[name]],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**kept, **own, **environment},
            start_new_session=True,
        )


def _log_of(folder: DataFolder, name: str) -> Path:
    return folder.path / f"{name}.log"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


async def _wait_ready(folder: DataFolder, name: str, url: str) -> None:
    async def is_ready() -> bool:
        async with Transport(url, tries=1) as transport:
            try:
                return (await transport.send("GET", "/readyz")).is_success
            except MlmonError as error:
                log = _log_of(folder, name).read_text()[-2000:]
                raise AssertionError(f"{error.detail}\n{log}") from error

    await eventually(is_ready, within_seconds=_START_SECONDS, describe=f"{name} is ready")


async def _wait_known(url: str, agent_token: str) -> None:
    """Wait until the scheduler has the snapshot with this token, which may not read."""

    async def is_known() -> bool:
        async with Transport(url, token=agent_token, tries=1) as transport:
            try:
                await transport.send("GET", "/v1/agents")
            except ForbiddenError:
                return True
            except UnauthenticatedError:
                return False
        return True

    await eventually(is_known, within_seconds=_START_SECONDS, describe="the token is known")


def _yaml(definition: Mapping[str, Any]) -> bytes:
    return json.dumps(definition).encode()
