"""Submit the runs of slots that are due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.open_slots import Slot, SlotOpener, SlotStart
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.domain.catalogs import Catalog
from mlmon_scheduler.domain.schedules import (
    OverlapVerdict,
    ScheduleState,
    due_slots,
    firing_order,
    jitter_of,
    judge_overlap,
    signature_of,
)
from mlmon_shared.ids import derived_id
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.schedules import FiringDocument, Schedule, SkippedClient
from mlmon_shared.wire.states import RunState

SUBMITTED_BY: Final = "schedule"
_CANCELLED_AT_ONCE: Final = 25
_SKIPPED_SHOWN: Final = 100
_NEVER: Final = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewestRun:
    """A client's newest run of a job, which is not final.

    Attributes:
        waits_for: A run of the same job and client that it waits for, or an empty text.
    """

    id: str
    state: RunState
    waits_for: str


class ScheduleStore(Protocol):
    """How far schedules are, and what their last slots came to."""

    async def read_states(self, jobs: Sequence[str]) -> Mapping[str, ScheduleState]:
        """Return the states of those of these jobs that have one."""

    async def note_state(self, job: str, state: ScheduleState) -> None:
        """Keep how far a job's schedule is."""

    async def find_newest(self, job: str, clients: Sequence[str]) -> Mapping[str, NewestRun]:
        """Return the newest run of the job, for clients of which that is not final."""

    async def note_firing(self, firing: FiringDocument) -> None:
        """Keep what a slot came to, among the last of its job."""

    async def list_firings(self, jobs: Sequence[str]) -> Sequence[FiringDocument]:
        """Return the last firings of these jobs."""


@dataclass(frozen=True)
class _Due:
    """A slot that is to be fired."""

    slot: datetime
    job: str
    schedule: Schedule


@dataclass(frozen=True)
class _Start:
    """A client for which a slot starts a run."""

    client: Client
    verdict: OverlapVerdict
    before: NewestRun | None


class ScheduleFirer:
    """Fires what is due: each slot once, whoever tries and however often.

    A slot is a batch, whose id and whose runs' ids follow from job, slot and client. It is noted
    as dealt with only afterwards.

    Args:
        store: How far schedules are.
        runs: Live runs.
        configuration: The schedules.
        slots: Makes slots batches.
    """

    def __init__(
        self,
        store: ScheduleStore,
        runs: RunStore,
        configuration: Configuration,
        slots: SlotOpener,
    ) -> None:
        self._store = store
        self._runs = runs
        self._configuration = configuration
        self._slots = slots
        self._upcoming: dict[str, tuple[ScheduleState, datetime]] = {}

    async def fire_due(self) -> int:
        """Fire every slot that is due; return how many."""
        catalog = self._configuration.catalog
        schedules = {
            name: found.definition.schedule
            for name, found in catalog.definitions.items()
            if found.definition.schedule is not None
        }
        if not schedules:
            return 0
        now = from_milliseconds(await self._runs.now_ms())
        states = await self._store.read_states(list(schedules))
        paused = set(self._configuration.snapshot.paused_schedules)
        due: list[_Due] = []
        reached: dict[str, ScheduleState] = {}
        for job, schedule in schedules.items():
            signature, state = signature_of(schedule), states.get(job)
            if state is None or state.signature != signature:
                await self._store.note_state(job, ScheduleState(now, signature))
                continue
            if self._is_idle(job, schedule, state, now):
                continue
            slots, last = due_slots(schedule, state.slot, now)
            if last > state.slot:
                reached[job] = ScheduleState(last, signature)
            if job not in paused:
                due += [_Due(slot, job, schedule) for slot in slots]
        # Upstream jobs first: what waits on a slot's run of theirs must find it.
        definitions = {name: each.definition for name, each in catalog.definitions.items()}
        ranks = firing_order(definitions) if len(due) > 1 else {}
        for each in sorted(due, key=lambda one: (one.slot, ranks.get(one.job, 0))):
            await self._fire(each, catalog, now)
        for job, state in reached.items():
            await self._store.note_state(job, state)
        return len(due)

    def _is_idle(self, job: str, schedule: Schedule, state: ScheduleState, now: datetime) -> bool:
        """Tell whether nothing is due; the next slot is worked out once, as that takes time."""
        known = self._upcoming.get(job)
        if known is None or known[0] != state:
            upcoming = next(slots_after(schedule.cron, schedule.timezone, state.slot), _NEVER)
            known = self._upcoming[job] = (state, upcoming)
        return now < known[1]

    async def _fire(self, due: _Due, catalog: Catalog, now: datetime) -> None:
        selected = [
            client
            for client in catalog.clients.values()
            if due.schedule.clients.selects(client.name, client.labels)
        ]
        newest = await self._store.find_newest(due.job, [client.name for client in selected])
        paused = set(self._configuration.snapshot.paused_clients)
        starts: list[_Start] = []
        skipped: list[SkippedClient] = []
        for client in selected:
            if client.name in paused:
                skipped.append(SkippedClient(client=client.name, reason="the client is paused"))
                continue
            before, verdict = newest.get(client.name), OverlapVerdict()
            if before is not None:
                verdict = judge_overlap(due.schedule.overlap, before.id, before.state)
            if verdict.skips:
                skipped.append(SkippedClient(client=client.name, reason=verdict.skips))
            else:
                starts.append(_Start(client, verdict, before))
        slot = Slot(
            job=due.job,
            at=due.slot,
            timezone=due.schedule.timezone,
            batch_id=derived_id(to_milliseconds(due.slot), "schedule", due.job),
            submitted_by=SUBMITTED_BY,
            labels={"schedule": due.job},
        )
        runs, faulty = await self._slots.build(slot, [_start_of(due, each, now) for each in starts])
        skipped += faulty
        if runs:
            cancelled = [each.before for each in starts if each.verdict.cancels]
            await self._cancel(due, [run.id for run in cancelled if run is not None])
            await self._slots.open(slot, runs)
        await self._store.note_firing(
            FiringDocument(
                job=due.job,
                slot=due.slot,
                fired_at=now,
                batch=slot.batch_id if runs else None,
                runs=len(runs),
                skipped=skipped[:_SKIPPED_SHOWN],
                skipped_count=len(skipped),
            )
        )
        log.info(
            "schedule fired",
            job=due.job,
            slot=due.slot.isoformat(),
            runs=len(runs),
            skipped=len(skipped),
        )

    async def _cancel(self, due: _Due, run_ids: Sequence[str]) -> None:
        for start in range(0, len(run_ids), _CANCELLED_AT_ONCE):
            reason = f"The slot {due.slot.isoformat()} of its schedule has come."
            await self._runs.cancel(run_ids[start : start + _CANCELLED_AT_ONCE], reason)


def _start_of(due: _Due, start: _Start, now: datetime) -> SlotStart:
    not_before = due.slot + jitter_of(due.schedule, due.job, start.client.name)
    before = start.before if start.verdict.waits else None
    # What it replaces may itself still wait for one that is being stopped.
    awaited = [before.id, before.waits_for] if before is not None else []
    return SlotStart(
        start.client.name,
        not_before=not_before if not_before > now else None,
        waits_for=[run_id for run_id in awaited if run_id],
    )


class FiringReader:
    """Shows what the last slots came to."""

    def __init__(self, store: ScheduleStore, configuration: Configuration) -> None:
        self._store = store
        self._configuration = configuration

    async def list_firings(self, job: str | None, limit: int) -> list[FiringDocument]:
        """Return the last firings of a job, or of all that exist, the newest first."""
        jobs = [job] if job is not None else list(self._configuration.catalog.definitions)
        found = await self._store.list_firings(jobs)
        return sorted(found, key=lambda each: (each.slot, each.job), reverse=True)[:limit]
