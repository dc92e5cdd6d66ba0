"""What an agent is doing, for people on its host: its loops, and the attempts that it holds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mlmon_shared.errors import MlmonError
from mlmon_shared.loops import Ticking
from mlmon_worker_agent.application.held_attempts import HeldAttempt, HeldAttempts
from mlmon_worker_agent.application.update_agent import AgentUpdater

_OURS = "unexpected: see the log"


class LoopState(StrEnum):
    """What a loop does: its tick is under way, or was good, or failed; or it had none yet."""

    STARTING = "starting"
    WORKING = "working"
    WAITING = "waiting"
    FAILING = "failing"


@dataclass
class LoopRecord:
    """What one loop did last; times are UTC.

    Attributes:
        state: `failing` from a tick that failed until the next good one, also while it tries.
        since: When that began.
        succeeded_at: The end of its last good tick.
        failures: Ticks that failed since then.
        failure: Why the last one that failed did; stays after a good one.
    """

    name: str
    since: datetime
    state: LoopState = LoopState.STARTING
    succeeded_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True)
class AttemptStatus:
    """One attempt that is held; nothing of what it was given, and not its fence."""

    run_id: str
    attempt: int
    phase: str
    progress: float | None
    stopping: str | None
    is_cleaned: bool
    is_answered: bool


@dataclass(frozen=True)
class GpuStatus:
    """One GPU that is offered.

    Attributes:
        run_id: Of the run that has it; None when it is free.
        fault: Why it is in quarantine.
    """

    index: int
    uuid: str
    model: str
    run_id: str | None
    fault: str | None


@dataclass(frozen=True)
class AgentStatus:
    """All that the status page says."""

    host: str
    version: str
    started_at: datetime
    is_draining: bool
    drain_reason: str
    refusal: str
    update_fault: str
    loops: list[LoopRecord]
    attempts: list[AttemptStatus]
    gpus: list[GpuStatus]

    def as_document(self) -> dict[str, Any]:
        """Return plain data; times are still datetimes."""
        return asdict(self)


class WatchedLoop:
    """A loop that notes what it does.

    Args:
        loop: What ticks.
        clock: Returns the time, UTC.
    """

    def __init__(self, loop: Ticking, *, clock: Callable[[], datetime]) -> None:
        self._loop = loop
        self._clock = clock
        self.name = loop.name
        self.period_seconds = loop.period_seconds
        self.record = LoopRecord(loop.name, since=clock())

    async def tick(self) -> bool:
        """Tick as the loop does; raises what it raises."""
        record = self.record
        if record.state is not LoopState.FAILING:
            record.state, record.since = LoopState.WORKING, self._clock()
        try:
            has_more = await self._loop.tick()
        except MlmonError as error:
            self._note_failure(error.detail)
            raise
        except Exception:
            # Its text may be anything, and the page shows no secrets.
            self._note_failure(_OURS)
            raise
        finally:
            self.period_seconds = self._loop.period_seconds
        now = self._clock()
        record.state, record.since, record.succeeded_at = LoopState.WAITING, now, now
        record.failures = 0
        return has_more

    def _note_failure(self, why: str) -> None:
        record, now = self.record, self._clock()
        if record.state is not LoopState.FAILING:
            record.state, record.since = LoopState.FAILING, now
        record.failures += 1
        record.failed_at, record.failure = now, why


@dataclass
class StatusBoard:
    """Gathers the status; safe to read from another thread, which may see a moment in between."""

    host: str
    version: str
    held: HeldAttempts
    updater: AgentUpdater
    clock: Callable[[], datetime]
    records: list[LoopRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note the start."""
        self._started_at = self.clock()

    def watch(self, loop: Ticking) -> WatchedLoop:
        """Return the loop, watched from now on."""
        watched = WatchedLoop(loop, clock=self.clock)
        self.records.append(watched.record)
        return watched

    def describe(self) -> AgentStatus:
        """Return the status as it is now."""
        return AgentStatus(
            host=self.host,
            version=self.version,
            started_at=self._started_at,
            is_draining=self.held.is_draining,
            drain_reason=self.held.drain_reason,
            refusal=self.held.refusal,
            update_fault=self.updater.fault,
            loops=list(self.records),
            attempts=[_status_of(held) for held in self.held],
            gpus=_gpus_of(self.held),
        )


def _status_of(held: HeldAttempt) -> AttemptStatus:
    return AttemptStatus(
        run_id=held.ref.run_id,
        attempt=held.ref.number,
        phase=held.phase.value,
        progress=held.progress,
        stopping=held.stop_order.kind.value if held.stop_order else None,
        is_cleaned=held.is_cleaned,
        is_answered=held.is_answered,
    )


def _gpus_of(held: HeldAttempts) -> list[GpuStatus]:
    users = {uuid: each.ref.run_id for each in held.list_working() for uuid in each.gpus}
    return [
        GpuStatus(
            index=gpu.index,
            uuid=gpu.uuid,
            model=gpu.model,
            run_id=users.get(gpu.uuid),
            fault=held.gpu_faults.get(gpu.uuid),
        )
        for gpu in held.gpus
    ]
