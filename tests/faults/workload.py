"""A batch of 40 short runs in three levels that writes down what it did.

Each of 16 clients makes a file and passes it on; six runs gather what at least 90 % of all clients
passed on. One more client fails, so that what waits for it is skipped. Each attempt notes in
a ledger when it starts and ends, and publishes its own name with all that it has read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlmon import AsyncClient
from mlmon_shared.wire.batches import BatchDocument, BatchItem
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState
from mlmon_standalone.agents import AgentPlan
from mlmon_worker_agent.adapters.runtimes import RuntimeKind

STOP_AFTER_SECONDS = 5.0
PATIENT_SECONDS = 60.0
"""For tests that say that nothing is lost: longer than parts take to start on a busy machine."""
KILL_GRACE_SECONDS = 1.0
CLIENTS = [f"client-{number:02}" for number in range(16)]
FAILING = "failing"
GATHERERS = CLIENTS[:6]
TOTALS = {RunState.SUCCEEDED: 38, RunState.FAILED: 1, RunState.SKIPPED: 1}
AT_ONCE = 8
"""Attempts that two agents run at once."""
LINEAGE = "lineage.txt"
PADDING = "padding.bin"
_NOTE = (
    'echo "$MLMON_RUN_ID $MLMON_ATTEMPT $MLMON_FENCE $MLMON_JOB-$MLMON_CLIENT $1 $(date +%s%N)"'
    ' >> "{{ params.ledger }}"'
)
_SCRIPT = f"""set -e
note() {{ {_NOTE}; }}
note start
echo "$MLMON_JOB of $MLMON_CLIENT"
sleep "$(cat "{{{{ params.ledger }}}}.pace")"
echo "$MLMON_RUN_ID.$MLMON_ATTEMPT" > "$MLMON_OUT/{LINEAGE}"
find "$MLMON_IN" -type f -exec cat {{}} + >> "$MLMON_OUT/{LINEAGE}"
head -c {{{{ params.padding }}}} /dev/zero > "$MLMON_OUT/{PADDING}"
note end
exit {{{{ params.status }}}}
"""


@dataclass(frozen=True)
class Entry:
    """A line of the ledger; `at` in nanoseconds of the host's clock."""

    run_id: str
    attempt: int
    fence: str
    key: str
    what: str
    at: int


class Workload:
    """The batch on one server.

    Args:
        folder: Gets the ledger.
        pool: Of its agents, which no other workload of the server has.
    """

    def __init__(self, folder: Path, *, pool: str) -> None:
        self.pool = pool
        self.ledger = folder / "ledger.txt"
        self.ledger.touch()

    def plans(self, *names: str) -> list[AgentPlan]:
        """Return agents that run four attempts each."""
        return [
            AgentPlan(
                name=name,
                pool=self.pool,
                cpu=2.0,
                memory=2 * 2**30,
                disk=2**30,
                runtime=RuntimeKind.PROCESS,
            )
            for name in names
        ]

    async def apply(
        self, client: AsyncClient, *, stop_after_seconds: float = STOP_AFTER_SECONDS
    ) -> None:
        """Save the pool, the clients and the definitions."""
        await client.put_pool(
            Pool(
                name=self.pool,
                resources=Resources(cpu=2.0, memory=2 * 2**30, disk=2**30),
                stop_after=stop_after_seconds,
                kill_grace=KILL_GRACE_SECONDS,
            )
        )
        for name in (*CLIENTS, FAILING):
            await client.put_client({"name": name})
        for definition in _definitions():
            await client.apply_job_definition(definition)

    async def submit(
        self, client: AsyncClient, *, seconds: float = 0.5, padding: int = 0
    ) -> BatchDocument:
        """Submit the batch; each command takes so long and writes so many bytes more."""
        self.set_pace(seconds)
        params = {"ledger": str(self.ledger), "padding": padding}
        items = [
            BatchItem(
                key=f"{job}-{name}",
                job=job,
                client=name,
                params=params | ({"status": 3} if name == FAILING else {}),
            )
            for job, names in {
                "make": [*CLIENTS, FAILING],
                "pass": [*CLIENTS, FAILING],
                "gather": GATHERERS,
            }.items()
            for name in names
        ]
        return await client.submit_batch(items, name="faults")

    def set_pace(self, seconds: float) -> None:
        """Let the commands that start from now on take so long."""
        self.ledger.with_name(f"{self.ledger.name}.pace").write_text(f"{seconds}\n")

    def entries(self) -> list[Entry]:
        """Return the ledger."""
        lines = [line.split() for line in self.ledger.read_text().splitlines()]
        return [
            Entry(run_id, int(attempt), fence, key, what, int(at))
            for run_id, attempt, fence, key, what, at in lines
        ]

    def count_ends(self) -> int:
        """Return how many commands have come to their end."""
        return sum(entry.what == "end" for entry in self.entries())

    def running_since(self, at: int) -> list[Entry]:
        """Return the starts after a time of commands that have not ended."""
        entries = self.entries()
        ended = {(entry.run_id, entry.attempt) for entry in entries if entry.what == "end"}
        return [
            entry
            for entry in entries
            if entry.at > at and (entry.run_id, entry.attempt) not in ended
        ]


def parents(run: RunDocument) -> list[str]:
    """Return the keys of the runs that a run waits for."""
    name = run.client
    return {
        "make": [],
        "pass": [f"make-{name}"],
        "gather": [f"pass-{client}" for client in (*CLIENTS, FAILING)],
    }[run.job]


def _definitions() -> list[dict[str, Any]]:
    common = {
        "image": "any",
        "command": ["sh", "-c", _SCRIPT],
        "parameters": {
            "type": "object",
            "properties": {
                "ledger": {"type": "string"},
                "status": {"type": "integer", "default": 0},
                "padding": {"type": "integer", "default": 0},
            },
            "required": ["ledger"],
        },
        "resources": {"cpu": 0.5, "memory": "64Mi", "disk": "16Mi"},
        "outputs": [{"path": LINEAGE}, {"path": PADDING}],
    }
    return [
        {"name": "make", **common},
        {
            "name": "pass",
            **common,
            "depends_on": [{"job": "make", "scope": "same-client"}],
            "inputs": [{"from": f"artifact:make/{LINEAGE}", "to": "made.txt"}],
        },
        {
            "name": "gather",
            **common,
            "depends_on": [{"job": "pass", "scope": "batch", "percent": 90}],
            "inputs": [{"from": f"artifact:pass/{LINEAGE}", "to": "passed/"}],
        },
    ]
