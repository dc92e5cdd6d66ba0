"""Submit the runs of slots that are due."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.link_batches import item_run_id
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
    slot_batch_id,
)
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.schedules import FiringDocument, Schedule, SkippedClient
from mlmon_shared.wire.states import RunState

SUBMITTED_BY: Final = "schedule"
_LABEL: Final = "schedule"
_CANCELLED_AT_ONCE: Final = 25
_SKIPPED_SHOWN: Final = 100
_NEVER: Final = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewestRun:
    """A client's run of a job that a slot has to mind: it is not final.

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
        """Keep how far a job's schedule is; it never goes back."""

    async def forget_states(self, jobs: Sequence[str]) -> None:
        """Forget how far these are: they have no schedule any more."""

    async def has_firing(self, job: str, slot: datetime) -> bool:
        """Tell whether it is known what a slot came to."""

    async def find_newest(self, job: str, clients: Sequence[str]) -> Mapping[str, NewestRun]:
        """Return the runs that are not final: each client's newest of the job, or a slot's.

        Those of backfills do not count: the schedule goes on beside them.
        """

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
    signature: str


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
        self._forgotten_at: int | None = None
        self._upcoming: dict[str, tuple[ScheduleState, datetime]] = {}

    async def fire_due(self) -> bool:
        """Fire what is due, of each job a slot; return whether there is more to fire at once.

        The next slot of a job looks at the runs of the one before, so it waits until they are
        loaded; jobs that depend on that job wait with it.
        """
        catalog = self._configuration.catalog
        await self._forget_gone(catalog)
        now = from_milliseconds(await self._runs.now_ms())
        due = await self._find_due(catalog, now)
        if not due:
            return False
        loading = await self._find_loading()
        has_fired, waiting = False, set[str]()
        # Upstream jobs first: what waits on a slot's run of theirs must find it.
        definitions = {name: each.definition for name, each in catalog.definitions.items()}
        ranks = firing_order(definitions) if len(due) > 1 else {}
        for each in sorted(due, key=lambda one: (one.slot, ranks.get(one.job, 0))):
            upstream = {link.job for link in definitions[each.job].depends_on}
            if each.job in loading or not waiting.isdisjoint({each.job, *upstream}):
                waiting.add(each.job)
                continue
            if await self._fire(each, catalog, now):
                loading.add(each.job)
            has_fired = True
            await self._store.note_state(each.job, ScheduleState(each.slot, each.signature))
        return has_fired and bool(waiting)

    async def _forget_gone(self, catalog: Catalog) -> None:
        """Have schedules that come back begin anew, instead of making up for their absence."""
        if catalog.config_revision == self._forgotten_at:
            return
        gone = {name for name, each in catalog.definitions.items() if not each.definition.schedule}
        await self._store.forget_states(sorted(gone | catalog.archived))
        self._forgotten_at = catalog.config_revision

    async def _find_due(self, catalog: Catalog, now: datetime) -> list[_Due]:
        """Return the slots to fire; note of the other schedules how far they are."""
        schedules = {
            name: found.definition.schedule
            for name, found in catalog.definitions.items()
            if found.definition.schedule is not None
        }
        if not schedules:
            return []
        states = await self._store.read_states(list(schedules))
        paused = set(self._configuration.snapshot.paused_schedules)
        due: list[_Due] = []
        for job, schedule in schedules.items():
            signature, state = signature_of(schedule), states.get(job)
            if state is None or state.signature != signature:
                await self._store.note_state(job, ScheduleState(now, signature))
                continue
            if self._is_idle(job, schedule, state, now):
                continue
            slots, last = due_slots(schedule, state.slot, now)
            if slots and job not in paused:
                due += [_Due(slot, job, schedule, signature) for slot in slots]
            elif last > state.slot:
                await self._store.note_state(job, ScheduleState(last, signature))
        return due

    def _is_idle(self, job: str, schedule: Schedule, state: ScheduleState, now: datetime) -> bool:
        """Tell whether nothing is due; the next slot is worked out once, as that takes time."""
        known = self._upcoming.get(job)
        if known is None or known[0] != state:
            upcoming = next(slots_after(schedule.cron, schedule.timezone, state.slot), _NEVER)
            known = self._upcoming[job] = (state, upcoming)
        return now < known[1]

    async def _find_loading(self) -> set[str]:
        """Return the jobs of which a slot is still being loaded."""
        found = [await self._runs.find_batch(each) for each in await self._runs.list_loading()]
        labels = [json.loads(each.fields.get("labels") or "{}") for each in found if each]
        return {each[_LABEL] for each in labels if _LABEL in each}

    async def _fire(self, due: _Due, catalog: Catalog, now: datetime) -> bool:
        """Fire a slot; return whether it has runs."""
        batch_id = slot_batch_id(due.job, due.slot)
        batch = await self._runs.find_batch(batch_id)
        if await self._store.has_firing(due.job, due.slot):
            return batch is not None
        if batch is not None:
            # Opened by a scheduler that died before it could note the slot.
            await self._note(due, now, batch_id, int(batch.fields["total"]), [])
            return True
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
            # Another scheduler may have fired this very slot a moment ago.
            if before is not None and before.id != item_run_id(batch_id, client.name):
                verdict = judge_overlap(due.schedule.overlap, before.id, before.state)
            if verdict.skips:
                skipped.append(SkippedClient(client=client.name, reason=verdict.skips))
            else:
                starts.append(_Start(client, verdict, before))
        slot = Slot(
            job=due.job,
            at=due.slot,
            timezone=due.schedule.timezone,
            batch_id=batch_id,
            submitted_by=SUBMITTED_BY,
            labels={_LABEL: due.job},
        )
        runs, faulty = await self._slots.build(slot, [_start_of(due, each, now) for each in starts])
        skipped += faulty
        if runs:
            cancelled = [each.before for each in starts if each.verdict.cancels]
            await self._cancel(due, [run.id for run in cancelled if run is not None])
            await self._slots.open(slot, runs)
        await self._note(due, now, batch_id, len(runs), skipped)
        return bool(runs)

    async def _note(
        self, due: _Due, now: datetime, batch_id: str, runs: int, skipped: Sequence[SkippedClient]
    ) -> None:
        await self._store.note_firing(
            FiringDocument(
                job=due.job,
                slot=due.slot,
                fired_at=now,
                batch=batch_id if runs else None,
                runs=runs,
                skipped=list(skipped[:_SKIPPED_SHOWN]),
                skipped_count=len(skipped),
            )
        )
        log.info(
            "schedule fired",
            job=due.job,
            slot=due.slot.isoformat(),
            runs=runs,
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
