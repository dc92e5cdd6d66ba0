"""The agents that a standalone server starts, each a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.validation import explain, summarise
from mlmon_standalone.data_folders import DataFolder

STOP_GRACE_SECONDS: Final = 2.0
_STOP_WITHIN_SECONDS: Final = 20.0


@dataclass(frozen=True)
class AgentPlan:
    """One agent.

    Attributes:
        cpu: Cores, and `memory` and `disk` bytes, that its attempts may use; what the
            machine has when None.
        process_images: Image name to `{"folder": …, "path": […]}`; see the agent's settings.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    name: str
    pool: str
    cpu: float | None = None
    memory: int | None = None
    disk: int | None = None
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


class AgentProcess:
    """A running agent.

    It stops its attempts and itself when this process ends, however it ends: the pipe of
    its standard input is then closed.
    """

    def __init__(self, plan: AgentPlan, folder: DataFolder, server_url: str) -> None:
        self.plan = plan
        self._folder = folder
        self._server_url = server_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_path(self) -> Path:
        """Where it logs."""
        return self._folder.path / "logs" / f"agent-{self.plan.name}.log"

    @property
    def is_running(self) -> bool:
        """Whether the process exists."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, again if it has ended."""
        self._forget()
        self.log_path.parent.mkdir(mode=0o700, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlmon_worker_agent"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )

    def begin_stop(self) -> None:
        """Ask it to stop: what runs is stopped after a short grace and goes back to the queue."""
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGTERM)

    def end_stop(self) -> None:
        """Wait until it is gone; by force when the time is over."""
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _environment(self) -> dict[str, str]:
        state = self._folder.path / "agents" / self.plan.name
        own = {
            "SERVER_URL": self._server_url,
            "BOOTSTRAP_TOKEN_FILE": str(self._folder.agent_token_file(self.plan.pool)),
            "STATE_FOLDER": str(state),
            "HOST": self.plan.name,
            "RUNTIME": "process",
            "PROCESS_IMAGES": json.dumps(self.plan.process_images),
            "STOP_GRACE_SECONDS": str(STOP_GRACE_SECONDS),
            "STOP_WITH_PARENT": "true",
        }
        for name in ("cpu", "memory", "disk"):
            value = getattr(self.plan, name)
            if value is not None:
                own[name.upper()] = str(value)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MLMON_")}
        return kept | {f"MLMON_AGENT_{name}": value for name, value in own.items()}
