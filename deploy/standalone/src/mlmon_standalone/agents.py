"""The agents that a standalone server starts, each a process of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.validation import explain, summarise
from mlmon_standalone.children import Child
from mlmon_standalone.data_folders import DataFolder
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

STOP_GRACE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class AgentPlan:
    """One agent.

    Attributes:
        cpu: Cores, and `memory` and `disk` bytes, that its attempts may use; what the
            machine has when None.
        runtime: What runs its attempts; `auto` is decided anew at each start.
        process_images: Image name to `{"folder": …, "path": […]}`; see the agent's settings.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    name: str
    pool: str
    cpu: float | None = None
    memory: int | None = None
    disk: int | None = None
    runtime: RuntimeKind = RuntimeKind.AUTO
    process_images: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_PLANS: Final = TypeAdapter(list[AgentPlan])


def read_plans(folder: DataFolder, default: Sequence[AgentPlan]) -> list[AgentPlan]:
    """Return the agents of a data folder; the default is kept there when there are none yet.

    Raises:
        ConfigurationError: The file is damaged or cannot be read.
    """
    file = folder.agents_file
    if not file.exists():
        write_plans(folder, default)
        return list(default)
    try:
        return _PLANS.validate_json(file.read_bytes())
    except ValidationError as error:
        why = summarise(explain(error.errors(include_url=False), None))
        raise ConfigurationError(
            f"{file} is damaged ({why}); delete it to start one agent"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error


def write_plans(folder: DataFolder, plans: Sequence[AgentPlan]) -> None:
    """Keep the agents for the next start on the same data."""
    text = json.dumps([asdict(plan) for plan in plans], indent=2)
    folder.agents_file.write_text(f"{text}\n")


def agent_environment(plan: AgentPlan, folder: DataFolder, server_url: str) -> dict[str, str]:
    """Return the settings of an agent, as environment variables."""
    own = {
        "SERVER_URL": server_url,
        "BOOTSTRAP_TOKEN_FILE": str(folder.agent_token_file(plan.pool)),
        "STATE_FOLDER": str(folder.path / "agents" / plan.name),
        "HOST": plan.name,
        "RUNTIME": plan.runtime.value,
        "PROCESS_IMAGES": json.dumps(plan.process_images),
        # It shares its host with people, whose disks may be as full as they like.
        "IMAGE_LIMIT_PERCENT": "100",
        "DISK_LIMIT_PERCENT": "100",
        "STOP_GRACE_SECONDS": str(STOP_GRACE_SECONDS),
        "STOP_WITH_PARENT": "true",
    }
    for name in ("cpu", "memory", "disk"):
        value = getattr(plan, name)
        if value is not None:
            own[name.upper()] = str(value)
    return {f"MLMON_AGENT_{name}": value for name, value in own.items()}


def agent_child(plan: AgentPlan, folder: DataFolder, server_url: str) -> Child:
    """Return the process of an agent.

    At a first signal it lets what runs go on for a short grace, then stops it, and what was
    stopped goes back to the queue.
    """
    return Child(
        ["mlmon_worker_agent"],
        agent_environment(plan, folder, server_url),
        folder.path / "logs" / f"agent-{plan.name}.log",
    )
