"""Choose what runs attempts: containers, or plain processes where there is no engine."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from mlmon_worker_agent.adapters.process.commands import ProcessImage
from mlmon_worker_agent.adapters.process.runtime import ProcessRuntime
from mlmon_worker_agent.adapters.secret_folders import SecretFolders
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.domain.errors import EngineUnavailableError

if TYPE_CHECKING:
    from mlmon_worker_agent.adapters.docker.engines import Engine

log = structlog.get_logger(__name__)


class RuntimeKind(StrEnum):
    """What runs attempts; `auto` is containers if an engine answers, else processes."""

    PROCESS = "process"
    DOCKER = "docker"
    AUTO = "auto"


def open_runtime(
    kind: RuntimeKind,
    scratch: Path,
    *,
    api_url: str,
    boot_id: str,
    process_images: Mapping[str, ProcessImage],
    docker_url: str | None,
    secrets_folder: Path,
    pids_limit: int,
    pull_timeout_seconds: float,
    logins_file: Path | None = None,
) -> ContainerRuntime:
    """Return the runtime that the settings ask for; the log says which.

    Raises:
        EngineUnavailableError: Containers are asked for, and no engine answers.
        ConfigurationError: `logins_file` has no logins of registries.
    """
    engine = None if kind is RuntimeKind.PROCESS else _find_engine(kind, docker_url)
    secrets = SecretFolders(secrets_folder, str(scratch))
    if engine is None:
        return ProcessRuntime(scratch, process_images, api_url=api_url, secrets=secrets)
    # The Docker SDK is an optional dependency: the next lines need it.
    from mlmon_worker_agent.adapters.docker.containers import (  # noqa: PLC0415
        ContainerPolicy,
    )
    from mlmon_worker_agent.adapters.docker.pulls import Puller, check_logins  # noqa: PLC0415
    from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime  # noqa: PLC0415
    from mlmon_worker_agent.adapters.docker.users import agent_user  # noqa: PLC0415

    if logins_file is not None:
        check_logins(logins_file)
    log.info("attempts run in containers", engine=engine.description)
    return DockerRuntime(
        engine,
        scratch,
        api_url=api_url,
        boot_id=boot_id,
        secrets=secrets,
        policy=ContainerPolicy(pids_limit=pids_limit, user=agent_user()),
        puller=Puller(engine, logins_file=logins_file, timeout_seconds=pull_timeout_seconds),
    )


def describe_engine(docker_url: str | None = None) -> str:
    """Return which engine answers.

    Raises:
        EngineUnavailableError: None does, or the Docker SDK is missing.
    """
    return _open_engine(docker_url).description


def _find_engine(kind: RuntimeKind, docker_url: str | None) -> "Engine | None":
    try:
        return _open_engine(docker_url)
    except EngineUnavailableError as error:
        if kind is RuntimeKind.DOCKER:
            raise
        log.warning(
            "attempts run as plain processes of this user: no isolation, no limits by the kernel",
            detail=error.detail,
        )
        return None


def _open_engine(docker_url: str | None) -> "Engine":
    if find_spec("docker") is None:
        raise EngineUnavailableError(
            "the Docker SDK is not installed: pip install 'mlmon-worker-agent[docker]'"
        )
    from mlmon_worker_agent.adapters.docker.engines import open_engine  # noqa: PLC0415 - as above

    return open_engine(docker_url)
