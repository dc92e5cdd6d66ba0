"""A Docker engine: find it, call it, and turn what goes wrong into the agent's errors."""

import base64
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final, ParamSpec, TypeVar

import docker
import requests
import structlog
from docker.errors import APIError, DockerException, NotFound
from docker.utils import kwargs_from_env

from mlmon_worker_agent.adapters.threads import call_in_thread
from mlmon_worker_agent.domain.errors import EngineUnavailableError, RuntimeFailedError

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FIND_SECONDS: Final = 2
_CALL_SECONDS: Final = 60
_USUAL_URL: Final = "unix:///var/run/docker.sock"
_POOL_SIZE: Final = 64
_QUOTA_DRIVERS: Final = {"btrfs", "zfs"}
_IS_FOLDER: Final = 1 << 31
_IS_LINK: Final = 1 << 27
_STAT_HEADER: Final = "X-Docker-Container-Path-Stat"


@dataclass(frozen=True)
class PathFacts:
    """What is at a path in a container; nothing else is known of where a link leads."""

    is_folder: bool
    is_executable: bool


class Engine:
    """One Docker engine, called in threads.

    Args:
        client: Connected to it.
        cores: The host's; no container may be given more.
        cpus: Numbers of those that containers can be kept to; none where the engine cannot do that.
        has_quota: Whether what a container writes beside its mounts can be limited.
        root: Where it keeps images; None where that cannot be seen from here.
    """

    def __init__(
        self,
        client: docker.APIClient,
        *,
        cores: int,
        description: str,
        cpus: Sequence[int] = (),
        has_quota: bool = False,
        root: Path | None = None,
    ) -> None:
        self.client = client
        self.cores = cores
        self.description = description
        self.cpus = tuple(cpus)
        self.has_quota = has_quota
        self.root = root

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the client.

        Raises:
            NotFound: Docker's own: there is no such container or image.
            RuntimeFailedError: The engine refused, or does not answer.
        """
        try:
            return await call_in_thread(partial(function, *args, **kwargs))
        except NotFound:
            raise
        except APIError as error:
            raise RuntimeFailedError(
                f"The Docker engine refused: {error.explanation or error}."
            ) from error
        except (DockerException, requests.RequestException, OSError) as error:
            log.warning("engine does not answer", error=str(error))
            raise RuntimeFailedError(
                "The Docker engine does not answer on the host; that is no fault of the job."
            ) from error

    def open_stream(self, method: str, path: str, **params: str) -> requests.Response:
        """Begin a request whose answer goes on until something ends; blocks."""
        response = self.client.request(
            method, self._url(path), params=params, stream=True, timeout=(_CALL_SECONDS, None)
        )
        response.raise_for_status()
        return response

    async def find_path(self, container_id: str, path: str) -> PathFacts | None:
        """Return what is at a path in a container, running or not; None when nothing is.

        Raises:
            RuntimeFailedError: The engine does not work.
        """
        url = self._url(f"containers/{container_id}/archive")
        head = partial(self.client.head, url, params={"path": path}, timeout=_CALL_SECONDS)
        response = await self.call(head)
        header = response.headers.get(_STAT_HEADER)
        if header is None:
            return None
        mode = int(json.loads(base64.b64decode(header))["mode"])
        is_link = bool(mode & _IS_LINK)
        return PathFacts(bool(mode & _IS_FOLDER), is_link or bool(mode & 0o111))

    def _url(self, path: str) -> str:
        return f"{self.client.base_url}/v{self.client.api_version}/{path}"


def open_engine(url: str | None = None) -> Engine:
    """Connect to the engine at a URL, else at DOCKER_HOST, else at Docker's usual socket.

    Raises:
        EngineUnavailableError: None answers there within two seconds.
    """
    settings: dict[str, Any] = {"base_url": url} if url else dict(kwargs_from_env())
    where = settings.get("base_url") or _USUAL_URL
    try:
        _check_socket(where)
        client = docker.APIClient(
            **settings, version="auto", timeout=FIND_SECONDS, max_pool_size=_POOL_SIZE
        )
        facts: dict[str, Any] = client.info()
    except (DockerException, requests.RequestException, OSError) as error:
        raise EngineUnavailableError(f"no Docker engine answers at {where}: {error}") from error
    client.timeout = _CALL_SECONDS
    is_limited = has_quota(facts, Path("/proc/self/mounts").read_text())
    quota = "disk quotas" if is_limited else "no disk quotas"
    root = Path(facts["DockerRootDir"])
    description = f"Docker {facts.get('ServerVersion', '')} at {where}, {quota}"
    return Engine(
        client,
        cores=int(facts["NCPU"]),
        description=description,
        # Beyond those that this process may use, the engine's may end too.
        cpus=sorted(os.sched_getaffinity(0)) if facts.get("CPUSet") else (),
        has_quota=is_limited,
        root=root if root.is_dir() else None,
    )


def has_quota(facts: Mapping[str, Any], mounts: str) -> bool:
    """Tell whether an engine can limit what a container writes into its own file system.

    Args:
        facts: As the engine tells them of itself.
        mounts: The host's, as /proc has them.
    """
    driver = facts.get("Driver")
    if driver in _QUOTA_DRIVERS:
        return True
    if driver != "overlay2":
        return False
    root = PurePosixPath(facts["DockerRootDir"])
    best: tuple[int, str, str] = (-1, "", "")
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split(" ")
        if root.is_relative_to(place):
            best = max(best, (len(place), kind, options))
    _, kind, options = best
    return kind == "xfs" and bool({"prjquota", "pquota"} & set(options.split(",")))


def _check_socket(url: str) -> None:
    """Fail at once where nobody listens; the SDK would leave its own socket open then."""
    if url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.settimeout(FIND_SECONDS)
            attempt.connect(url.removeprefix("unix://"))
