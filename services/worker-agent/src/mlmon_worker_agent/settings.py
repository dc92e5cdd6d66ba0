"""The agent's settings: environment variables with the prefix `MLMON_AGENT_`."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.logs import LogFormat, LogLevel
from mlmon_shared.outbound_targets import Networks
from mlmon_shared.settings import read_secret
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.quantities import Size
from mlmon_worker_agent.adapters.process.commands import ProcessImage
from mlmon_worker_agent.adapters.runtimes import RuntimeKind
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER
from mlmon_worker_agent.domain.disk_space import DiskLimits

PREFIX = "MLMON_AGENT_"


@dataclass(frozen=True)
class InstanceCredential:
    """Where the identity of this instance is, and in which pool it registers an agent."""

    pool: str
    metadata_url: str


class AgentSettings(BaseSettings):
    """What an agent needs to know.

    Attributes:
        server_url: Of the scheduler, without a path.
        bootstrap_token: Of scope `agent`; or in `bootstrap_token_file`.
        instance_identity: Register by the signed identity of this EC2 instance, in place of a
            token; needs `pool` and `metadata_url`.
        pool: In which to register so; a token names its own.
        api_url: Where the commands of attempts reach the API; `server_url` when left out.
        state_folder: Keeps the agent's id and journal; one agent each.
        scratch_folder: Keeps the files of attempts; `scratch` in the state folder when left out.
        host: Name of the machine, for people.
        cpu: Cores that attempts may use in all; what the machine has when left out, as are
            `memory` and `disk` (bytes, or text such as 8Gi).
        gpus: How many of the GPUs that the driver finds attempts may use; all when left out.
        labels: JSON object.
        runtime: What runs attempts: `docker`, `process`, or `auto`, which is `docker` if an
            engine answers within two seconds, else `process`.
        docker_url: Of the engine, such as `unix:///run/docker.sock`; what DOCKER_HOST says,
            or Docker's usual socket, when left out.
        secrets_folder: On a file system in memory, for attempts' secrets.
        pids_limit: Most processes and threads of one container.
        pull_timeout_seconds: For pulling one image.
        registry_logins_file: Logins of registries, as `docker login` writes them; read before
            each pull. That of the agent's user (`~/.docker/config.json`) when left out.
        process_images: JSON object: image name to `{"folder": path, "path": [PATH entries]}`.
        transfer_patience_seconds: How long inputs and outputs are tried again while the
            artifact store or the scheduler is in trouble.
        disk_check_seconds: How often the disk that an attempt takes is measured, if its job asks
            for some.
        image_limit_percent: How full the disk may be before images that nothing runs are removed,
            the least used first; 100 for never.
        disk_limit_percent: How full it may be before the host takes no more attempts; 100 for
            never.
        input_cache: Bytes of inputs that are kept for later attempts; 0 for none.
        input_limit: Bytes of one input from `s3://` or `https://`.
        input_timeout_seconds: For one try to fetch such an input.
        input_networks: Where `https://` inputs may be although it is not public, such as
            `10.1.0.0/16,fd00::/8`.
        stop_grace_seconds: After the first SIGTERM, how long attempts may go on before they
            are stopped; for ever when left out.
        status_port: Of the status page on 127.0.0.1; 0 is none.
        metadata_url: Of the metadata service of an EC2 instance (http://169.254.169.254), which
            says beforehand when a spot instance is taken back, and which instance it is; not asked
            when left out.
        package: The file that this agent runs from, where it is one; the installed command says so.
        releases_folder: Where other releases of it are put, which that command starts in its place.
        update_spread_seconds: Within which time, by chance, the agent fetches the release that its
            pool names.
        stop_with_parent: Stop everything at once when standard input, a pipe, is closed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    server_url: Annotated[str, Field(pattern=r"^https?://[^/]+/?$")]
    api_url: Annotated[str, Field(pattern=r"^https?://[^/]+/?$")] | None = None
    bootstrap_token: SecretStr | None = None
    bootstrap_token_file: Path | None = None
    instance_identity: bool = False
    pool: Name | None = None
    state_folder: Path
    scratch_folder: Path | None = None
    host: str = Field(default_factory=socket.gethostname)
    cpu: Annotated[float, Field(gt=0)] | None = None
    memory: Size | None = None
    gpus: Annotated[int, Field(ge=0)] | None = None
    disk: Size | None = None
    labels: dict[str, str] = {}
    runtime: RuntimeKind = RuntimeKind.PROCESS
    docker_url: str | None = None
    secrets_folder: Path = DEFAULT_FOLDER
    pids_limit: Annotated[int, Field(ge=16)] = 4096
    registry_logins_file: Path | None = None
    pull_timeout_seconds: Annotated[float, Field(gt=0)] = 600.0
    process_images: dict[str, ProcessImage] = {}
    transfer_patience_seconds: Annotated[float, Field(ge=0)] = 120.0
    disk_check_seconds: Annotated[float, Field(gt=0)] = 10.0
    image_limit_percent: Annotated[float, Field(gt=0, le=100)] = 80.0
    disk_limit_percent: Annotated[float, Field(gt=0, le=100)] = 90.0
    input_cache: Size = 10 * 2**30
    input_limit: Annotated[Size, Field(ge=1)] = 100 * 2**30
    input_timeout_seconds: Annotated[float, Field(gt=0)] = 3600.0
    input_networks: Networks = ()
    stop_grace_seconds: Annotated[float, Field(ge=0)] | None = None
    status_port: Annotated[int, Field(ge=0, le=65535)] = 0
    metadata_url: Annotated[str, Field(pattern=r"^https?://[^/]+/?$")] | None = None
    package: Path | None = None
    releases_folder: Path | None = None
    update_spread_seconds: Annotated[float, Field(ge=0)] = 60.0
    stop_with_parent: bool = False
    log_format: LogFormat = "json"
    log_level: LogLevel = "info"

    def read_credential(self) -> str | InstanceCredential:
        """Return the bootstrap token, or what is needed to register by the instance's identity.

        Raises:
            ConfigurationError: There is neither or both, the identity lacks what it needs, or the
                token's file cannot be read.
        """
        has_token = self.bootstrap_token is not None or self.bootstrap_token_file is not None
        token, identity = f"{PREFIX}BOOTSTRAP_TOKEN", f"{PREFIX}INSTANCE_IDENTITY"
        if not self.instance_identity:
            if not has_token:
                message = f"set {token} or {token}_FILE, or on EC2 {identity}=true"
                raise ConfigurationError(message)
            if self.pool is not None:
                raise ConfigurationError(
                    f"{PREFIX}POOL goes with {identity}=true; a token names its pool itself"
                )
            return read_secret(self.bootstrap_token, self.bootstrap_token_file, name=token)
        if has_token:
            raise ConfigurationError(f"set {token} or {identity}=true, not both")
        if self.pool is None:
            raise ConfigurationError(f"{identity}=true needs {PREFIX}POOL: where to register")
        if self.metadata_url is None:
            raise ConfigurationError(
                f"{identity}=true needs {PREFIX}METADATA_URL: http://169.254.169.254 on EC2"
            )
        return InstanceCredential(pool=self.pool, metadata_url=self.metadata_url)

    @property
    def scratch(self) -> Path:
        """Where attempts keep their files."""
        return self.scratch_folder or self.state_folder / "scratch"

    @property
    def disk_limits(self) -> DiskLimits:
        """How full the disk may be."""
        return DiskLimits(self.image_limit_percent, self.disk_limit_percent)

    def capacity(self, measured: Vector, *, gpus: int) -> Vector:
        """Return what attempts may use, from the settings and otherwise from the machine.

        Args:
            measured: What the machine has, but for GPUs.
            gpus: How many were found, and are offered.
        """
        return Vector(
            cpu_milli=measured.cpu_milli if self.cpu is None else round(self.cpu * 1000),
            memory=measured.memory if self.memory is None else self.memory,
            gpus=gpus,
            disk=measured.disk if self.disk is None else self.disk,
        )
