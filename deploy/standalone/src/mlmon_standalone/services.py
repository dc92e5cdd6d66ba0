"""The three services, inside this process or each as a process of its own."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

import httpx
from pydantic import SecretStr

from mlmon_config_api.app import create_app as create_config_api
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_report_writer.app import create_app as create_report_writer
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_scheduler.app import create_app as create_scheduler
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_shared.embedded.child_processes import last_lines
from mlmon_shared.errors import ConfigurationError
from mlmon_standalone.children import Child
from mlmon_standalone.data_folders import DataFolder
from mlmon_standalone.front import (
    CONFIG_API,
    REPORT_WRITER,
    SCHEDULER,
    Service,
    in_other_process,
    in_process,
)

_MODULES: Final = {
    CONFIG_API: "mlmon_config_api",
    SCHEDULER: "mlmon_scheduler",
    REPORT_WRITER: "mlmon_report_writer",
}
_ARTIFACTS_URL: Final = "MLMON_SCHEDULER_ARTIFACTS_URL"
_START_SECONDS: Final = 30.0
_ASK_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Stores:
    """Where the embedded servers are, as URLs."""

    config: str
    reports: str
    queue: str
    logs: str


@asynccontextmanager
async def run_inside(folder: DataFolder, stores: Stores, url: str) -> AsyncIterator[list[Service]]:
    """Run every service inside this process; they call each other through the front's URL."""
    service_token = SecretStr(folder.service_token_file.read_text().strip())
    config_api = create_config_api(
        ConfigApiSettings(
            database_url=stores.config,
            admin_token_file=folder.admin_token_file,
            service_token=service_token,
            secrets_key_file=folder.secrets_key_file,
            scheduler_public_key=folder.read_scheduler_public_key(),
            report_writer_url=url,
        )
    )
    report_writer = create_report_writer(
        ReportWriterSettings(
            database_url=SecretStr(stores.reports),
            redis_url=SecretStr(stores.queue),
            config_api_url=url,
            service_token=service_token,
        )
    )
    scheduler = create_scheduler(
        SchedulerSettings(
            redis_url=stores.queue,
            logs_redis_url=stores.logs,
            config_api_url=url,
            report_writer_url=url,
            service_token=service_token,
            signing_key_file=folder.signing_key_file,
            secrets_key_file=folder.scheduler_key_file,
            # A bucket is named by the environment, which the settings read by themselves.
            artifacts_folder=None if _has_bucket() else folder.artifacts,
        )
    )
    apps = {CONFIG_API: config_api, REPORT_WRITER: report_writer, SCHEDULER: scheduler}
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(in_process(name, app)) for name, app in apps.items()]


@asynccontextmanager
async def run_apart(
    folder: DataFolder, stores: Stores
) -> AsyncIterator[tuple[list[Service], dict[str, Child]]]:
    """Run every service as a process of its own, on a loopback port of its own.

    Yields:
        The services, and their processes by name, for whoever watches them.
    """
    ports = dict(zip(_MODULES, free_ports(len(_MODULES)), strict=True))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    environments = _environments(folder, stores, urls)
    children = {
        name: Child(
            ["mlmon_standalone.with_parent", module],
            {
                f"{module.upper()}_HOST": "127.0.0.1",
                f"{module.upper()}_PORT": str(ports[name]),
                **environments[name],
            },
            folder.path / "logs" / f"{name}.log",
        )
        for name, module in _MODULES.items()
    }
    async with AsyncExitStack() as stack:
        for child in children.values():
            child.start()
            stack.callback(child.end_stop)
            stack.callback(child.begin_stop)
        services = [
            await stack.enter_async_context(in_other_process(name, url))
            for name, url in urls.items()
        ]
        for service in services:
            await _wait_alive(service, children[service.name])
        yield (
            [
                # At a signal a service answers at once what is parked, before the front stops.
                replace(service, begin_stop=children[service.name].begin_stop)
                for service in services
            ],
            children,
        )


def _environments(
    folder: DataFolder, stores: Stores, urls: dict[str, str]
) -> dict[str, dict[str, str]]:
    token = str(folder.service_token_file)
    return {
        CONFIG_API: {
            "MLMON_CONFIG_API_DATABASE_URL": stores.config,
            "MLMON_CONFIG_API_ADMIN_TOKEN_FILE": str(folder.admin_token_file),
            "MLMON_CONFIG_API_SERVICE_TOKEN_FILE": token,
            "MLMON_CONFIG_API_SECRETS_KEY_FILE": str(folder.secrets_key_file),
            "MLMON_CONFIG_API_SCHEDULER_PUBLIC_KEY": folder.read_scheduler_public_key(),
            **_webhook_settings("MLMON_CONFIG_API_"),
            "MLMON_CONFIG_API_REPORT_WRITER_URL": urls[REPORT_WRITER],
        },
        REPORT_WRITER: {
            "MLMON_REPORT_WRITER_DATABASE_URL": stores.reports,
            "MLMON_REPORT_WRITER_REDIS_URL": stores.queue,
            "MLMON_REPORT_WRITER_CONFIG_API_URL": urls[CONFIG_API],
            "MLMON_REPORT_WRITER_SERVICE_TOKEN_FILE": token,
            **_webhook_settings("MLMON_REPORT_WRITER_"),
        },
        SCHEDULER: {
            "MLMON_SCHEDULER_REDIS_URL": stores.queue,
            "MLMON_SCHEDULER_LOGS_REDIS_URL": stores.logs,
            "MLMON_SCHEDULER_CONFIG_API_URL": urls[CONFIG_API],
            "MLMON_SCHEDULER_REPORT_WRITER_URL": urls[REPORT_WRITER],
            "MLMON_SCHEDULER_SERVICE_TOKEN_FILE": token,
            "MLMON_SCHEDULER_SIGNING_KEY_FILE": str(folder.signing_key_file),
            "MLMON_SCHEDULER_SECRETS_KEY_FILE": str(folder.scheduler_key_file),
            **_artifact_settings(folder),
        },
    }


def _webhook_settings(prefix: str) -> dict[str, str]:
    """Return what this process's environment says about webhooks; a service inside reads it."""
    names = (f"{prefix}WEBHOOK_NETWORKS", f"{prefix}WEBHOOK_ALLOW_HTTP")
    return {name: os.environ[name] for name in names if name in os.environ}


def _has_bucket() -> bool:
    return bool(os.environ.get(_ARTIFACTS_URL))


def _artifact_settings(folder: DataFolder) -> dict[str, str]:
    """Return where artifacts are, with what this process's environment says of AWS."""
    if not _has_bucket():
        own = {"MLMON_SCHEDULER_ARTIFACTS_FOLDER": str(folder.artifacts)}
    else:
        own = {_ARTIFACTS_URL: os.environ[_ARTIFACTS_URL]}
    names = [name for name in os.environ if name.startswith("MLMON_SCHEDULER_AWS_")]
    return own | {name: os.environ[name] for name in names}


async def _wait_alive(service: Service, child: Child) -> None:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while child.is_running and asyncio.get_running_loop().time() < deadline:
        with suppress(httpx.TransportError):
            if (await service.client.get("/healthz", timeout=_ASK_SECONDS)).is_success:
                return
        await asyncio.sleep(0.05)
    raise ConfigurationError(
        f"{service.name} did not start; {child.log} ends:\n{last_lines(child.log)}"
    )


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
