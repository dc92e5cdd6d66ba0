"""What a container of an attempt is made of: its name, labels, environment and limits."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docker.types import DeviceRequest, LogConfig, Mount, Ulimit

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.states import NetworkPolicy
from mlmon_worker_agent.adapters.docker.images import ImageFacts
from mlmon_worker_agent.adapters.docker.users import ContainerUser
from mlmon_worker_agent.domain.attempts import AttemptRef

AGENT: Final = "mlmon.agent"
RUN: Final = "mlmon.run"
ATTEMPT: Final = "mlmon.attempt"
FENCE: Final = "mlmon.fence"
BOOT: Final = "mlmon.boot"
IMAGE: Final = "mlmon.image"
GPUS: Final = "mlmon.gpus"
STOP_REASON: Final = "stop_reason"
SECRETS: Final = "/run/secrets"
PARAMS: Final = "params.json"
DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SMALLEST_MEMORY: Final = 6 * 2**20
_SMALLEST_CPU: Final = 0.01
# Keeps bytes as they are (json-file does not) and rotates nothing away: offsets stay true.
_LOG: Final = LogConfig(
    type="local", config={"max-size": "1t", "max-file": "1", "compress": "false"}
)


@dataclass(frozen=True)
class ContainerPolicy:
    """What all containers of an agent have in common.

    Attributes:
        pids_limit: Most processes and threads at once.
        user: Overrides the image's; None keeps it.
    """

    pids_limit: int = 4096
    user: ContainerUser | None = None


def container_name(owner: str, ref: AttemptRef) -> str:
    """Return the one name that a lease's container has on the engine."""
    digest = hashlib.sha256(f"{owner}\0{ref.fence}".encode()).hexdigest()[:12]
    return f"mlmon-{ref.attempt_id}-{digest}"


def container_labels(
    owner: str, spec: AttemptSpec, *, boot_id: str, image: str, gpus: Sequence[str] = ()
) -> dict[str, str]:
    """Return the labels by which an agent finds its containers again."""
    return {
        AGENT: owner,
        RUN: spec.run_id,
        ATTEMPT: str(spec.attempt),
        FENCE: spec.fence,
        BOOT: boot_id,
        IMAGE: image,
        **({GPUS: ",".join(gpus)} if gpus else {}),
    }


def ref_of_labels(labels: Mapping[str, str]) -> AttemptRef:
    """Return the lease that a container's labels name."""
    return AttemptRef(labels[RUN], int(labels[ATTEMPT]), labels[FENCE])


def container_environment(
    spec: AttemptSpec, image: ImageFacts, *, api_url: str, gpus: Sequence[str] = ()
) -> dict[str, str]:
    """Return the whole environment of the command; nothing of the agent's own, and no secret.

    The attempt's token, which ends with it, is there for commands that can reach the API.
    HOME is /tmp unless the image or the job says otherwise: nothing else can be written to.
    """
    basics = {"PATH": DEFAULT_PATH, "HOME": "/tmp"}  # noqa: S108 - the container's own tmpfs
    return {
        **basics,
        **image.environment,
        **spec.environment,
        "TMPDIR": "/tmp",  # noqa: S108 - as above
        "MLMON_RUN_ID": spec.run_id,
        "MLMON_ATTEMPT": str(spec.attempt),
        "MLMON_FENCE": spec.fence,
        "MLMON_JOB": spec.job,
        "MLMON_CLIENT": spec.client,
        "MLMON_API_URL": api_url,
        "MLMON_PARAMS": f"/mlmon/{PARAMS}",
        "MLMON_IN": "/mlmon/in",
        "MLMON_OUT": "/mlmon/out",
        "MLMON_STOP_REASON_FILE": f"/mlmon/{STOP_REASON}",
        # Images of CUDA say `all`, which an engine whose runtime is NVIDIA's believes.
        "NVIDIA_VISIBLE_DEVICES": ",".join(gpus) or "void",
        **({"MLMON_SECRETS": SECRETS} if spec.secrets else {}),
        **(
            {"MLMON_TOKEN": spec.token}
            if spec.token and spec.network is not NetworkPolicy.NONE
            else {}
        ),
    }


def host_settings(
    spec: AttemptSpec,
    shared: Path,
    secrets: Path,
    policy: ContainerPolicy,
    *,
    cores: int,
    gpus: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the limits and mounts of a container, as `create_host_config` takes them.

    Args:
        spec: Says how much it may use.
        shared: The folder on the host that is /mlmon in the container.
        secrets: That which is /run/secrets, if the attempt has any.
        policy: Of the agent.
        cores: The host's; the engine refuses to promise more.
        gpus: UUIDs of the devices that it gets.
    """
    memory = max(spec.resources.memory, _SMALLEST_MEMORY)
    cpu = min(max(spec.resources.cpu, _SMALLEST_CPU), float(cores))
    return {
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": round(cpu * 1e9),
        "pids_limit": policy.pids_limit,
        # Both count as the container's memory, so its limit is theirs.
        "shm_size": memory,
        "tmpfs": {"/tmp": "rw,exec,nosuid,nodev,mode=1777"},  # noqa: S108 - as above
        "init": True,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "network_mode": spec.network.value,
        "ipc_mode": "private",
        "ulimits": [Ulimit(name="core", soft=0, hard=0)],
        "log_config": _LOG,
        "device_requests": (
            [DeviceRequest(device_ids=list(gpus), capabilities=[["gpu"]])] if gpus else []
        ),
        "mounts": [
            Mount("/mlmon", str(shared), type="bind", read_only=True),
            Mount("/mlmon/out", str(shared / "out"), type="bind"),
            *([Mount(SECRETS, str(secrets), type="bind", read_only=True)] if spec.secrets else []),
        ],
    }
