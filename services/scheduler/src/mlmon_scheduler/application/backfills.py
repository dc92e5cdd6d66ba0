"""Plan, start, pause and cancel backfills, and go on with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from typing import Final, Protocol

from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.open_slots import Slot, SlotOpener, SlotStart
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.domain.catalogs import Catalog
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.ids import derived_id
from mlmon_shared.principals import Principal
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.backfills import (
    RUNS_LIMIT,
    SLOTS_LIMIT,
    BackfillDocument,
    BackfillPlan,
    BackfillRequest,
    BackfillState,
)
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.schedules import Schedule
from mlmon_shared.wire.states import BatchState, RunState
from mlmon_shared.wire.validation import unknown

_ENDED: Final = frozenset({BackfillState.CANCELLED, BackfillState.FINISHED})


@dataclass(frozen=True)
class StoredBackfill:
    """What the store has of a backfill.

    Attributes:
        document: Without batches and counts.
        batches: Those that were not finished when it was last looked.
        counts: Runs by state of the finished ones.
    """

    document: BackfillDocument
    batches: Sequence[str]
    counts: Mapping[str, int]


class BackfillStore(Protocol):
    """Backfills, the last hundred."""

    async def add(self, document: BackfillDocument) -> None:
        """Keep a new one."""

    async def find(self, backfill_id: str) -> StoredBackfill | None:
        """Return one."""

    async def list_ids(self) -> Sequence[str]:
        """Return the ids of all, the newest first."""

    async def set_state(
        self, backfill_id: str, state: BackfillState, *, was: BackfillState
    ) -> bool:
        """Change the state; False when it is another one by now."""

    async def begin_slot(self, backfill_id: str, batch_id: str) -> None:
        """Note a batch before it is opened."""

    async def note_slots(self, backfill_id: str, slots_started: int) -> None:
        """Note how many slots were dealt with."""

    async def end_batch(self, backfill_id: str, batch_id: str, counts: Mapping[str, int]) -> None:
        """Note what became of a batch, once."""


class BackfillManager:
    """Does what people ask of backfills.

    Args:
        store: Keeps them.
        runs: Live batches.
        configuration: Schedules, clients, measured durations.
        holder: Holds and releases what waits.
        canceller: Cancels batches.
        new_id: Makes ids.
    """

    def __init__(
        self,
        *,
        store: BackfillStore,
        runs: RunStore,
        configuration: Configuration,
        holder: RunHolder,
        canceller: RunCanceller,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._runs = runs
        self._configuration = configuration
        self._holder = holder
        self._canceller = canceller
        self._new_id = new_id

    async def plan(self, request: BackfillRequest) -> BackfillPlan:
        """Return what a backfill would come to.

        Raises:
            InvalidRequestError: The job has no schedule, or it is too much at once.
        """
        catalog = await self._configuration.naming({request.job}, set())
        schedule = _schedule_of(catalog, request.job)
        slots = _slots_of(request, schedule)
        clients = _clients_of(request, schedule, catalog)
        if len(slots) * len(clients) > RUNS_LIMIT:
            detail = (
                f"{len(slots)} slots of {len(clients)} clients are more than {RUNS_LIMIT} runs; "
                "take fewer at once"
            )
            raise InvalidRequestError.at("/until", detail)
        version = catalog.definitions[request.job]
        estimate = catalog.estimate_of(version)
        runs = len(slots) * len(clients)
        return BackfillPlan(
            job=request.job,
            slots=len(slots),
            first=slots[0] if slots else None,
            last=slots[-1] if slots else None,
            clients=len(clients),
            runs=runs,
            hours=round(runs * estimate.mean / 3600, 2) if estimate.count else None,
            measured_runs=estimate.count,
        )

    async def start(self, request: BackfillRequest, principal: Principal) -> BackfillDocument:
        """Start a backfill; a loop goes on with it.

        Raises:
            InvalidRequestError: See `plan`; or there is nothing to do.
        """
        plan = await self.plan(request)
        if plan.runs == 0:
            what = "slot of the schedule lies" if plan.slots == 0 else "client is selected"
            raise InvalidRequestError.at("/since", f"nothing to do: no {what} there")
        document = BackfillDocument(
            id=self._new_id(),
            request=request,
            plan=plan,
            state=BackfillState.RUNNING,
            created_at=from_milliseconds(await self._runs.now_ms()),
            submitted_by=principal.name,
        )
        await self._store.add(document)
        return document

    async def get(self, backfill_id: str) -> BackfillDocument:
        """Return a backfill with its runs by state.

        Raises:
            NotFoundError: There is none, or it was forgotten.
        """
        found = await self._store.find(backfill_id)
        if found is None:
            raise NotFoundError(f"there is no backfill {backfill_id}; the last 100 are kept")
        counts = dict(found.counts)
        for batch_id in found.batches:
            batch = await self._runs.find_batch(batch_id)
            for state, number in (batch.counts if batch is not None else {}).items():
                counts[state] = counts.get(state, 0) + number
        return found.document.model_copy(
            update={
                "batches": list(found.batches),
                "counts": {RunState(state): number for state, number in counts.items() if number},
            }
        )

    async def list_newest(self) -> list[BackfillDocument]:
        """Return the last backfills, the newest first."""
        return [await self.get(backfill_id) for backfill_id in await self._store.list_ids()]

    async def pause(self, backfill_id: str, principal: Principal) -> BackfillDocument:
        """Begin no further slot, and hold what waits; what runs goes on.

        Raises:
            NotFoundError: There is no such backfill.
            ConflictError: It has ended, or a slot of it is being loaded just now.
        """
        await self._change(backfill_id, BackfillState.PAUSED)
        for batch_id in (await self.get(backfill_id)).batches:
            batch = await self._runs.find_batch(batch_id)
            if batch is not None and batch.fields["state"] == BatchState.LOADING:
                raise ConflictError(
                    f"batch {batch_id} is still being loaded, its runs are not held; no further "
                    "slot begins; pause again in a moment"
                )
            await self._holder.hold_batch(batch_id, principal)
        return await self.get(backfill_id)

    async def resume(self, backfill_id: str) -> BackfillDocument:
        """Release what waits, and go on; see `pause` for what is raised."""
        await self._change(backfill_id, BackfillState.RUNNING)
        for batch_id in (await self.get(backfill_id)).batches:
            await self._holder.release_batch(batch_id)
        return await self.get(backfill_id)

    async def cancel(self, backfill_id: str, principal: Principal) -> BackfillDocument:
        """Begin no further slot, and cancel every run; see `pause` for what is raised."""
        await self._change(backfill_id, BackfillState.CANCELLED)
        for batch_id in (await self.get(backfill_id)).batches:
            await self._canceller.cancel_batch(batch_id, principal)
        return await self.get(backfill_id)

    async def _change(self, backfill_id: str, state: BackfillState) -> None:
        found = await self.get(backfill_id)
        if found.state in _ENDED and found.state is not state:
            raise ConflictError(f"backfill {backfill_id} is {found.state}")
        if found.state is not state and not await self._store.set_state(
            backfill_id, state, was=found.state
        ):
            raise ConflictError(f"backfill {backfill_id} has changed meanwhile; look again")


class BackfillAdvancer:
    """Opens the next slots of backfills that run; repeating it opens the same batches.

    Args:
        store: Keeps them.
        runs: Live batches.
        configuration: Schedules and clients.
        slots: Makes slots batches.
    """

    def __init__(
        self,
        store: BackfillStore,
        runs: RunStore,
        configuration: Configuration,
        slots: SlotOpener,
    ) -> None:
        self._store = store
        self._runs = runs
        self._configuration = configuration
        self._slots = slots

    async def advance(self, *, may_begin: bool = True) -> bool:
        """Go on with each; return whether a slot was begun.

        Args:
            may_begin: Whether slots begin; what has ended is noted always.
        """
        has_begun = False
        for backfill_id in reversed(await self._store.list_ids()):
            found = await self._store.find(backfill_id)
            if found is not None and (found.document.state not in _ENDED or found.batches):
                has_begun |= await self._advance(found, may_begin=may_begin)
        return has_begun

    async def _advance(self, found: StoredBackfill, *, may_begin: bool) -> bool:
        document = found.document
        active, is_open = 0, False
        for batch_id in found.batches:
            batch = await self._runs.find_batch(batch_id)
            if batch is None or batch.fields["state"] == BatchState.FINISHED:
                counts = batch.counts if batch is not None else {}
                await self._store.end_batch(document.id, batch_id, counts)
                continue
            active += int(batch.fields.get("open") or 0)
            is_open = True
            if document.state is BackfillState.CANCELLED and not batch.fields.get("cancel_reason"):
                # It was begun while the backfill was being cancelled.
                await self._runs.ask_to_cancel(batch_id, "Its backfill was cancelled.")
        if document.state is not BackfillState.RUNNING:
            return False
        if document.slots_started >= document.plan.slots:
            if not is_open:
                await self._store.set_state(
                    document.id, BackfillState.FINISHED, was=BackfillState.RUNNING
                )
            return False
        if active >= document.request.max_active or not may_begin:
            return False
        return await self._begin(document)

    async def _begin(self, document: BackfillDocument) -> bool:
        catalog, request = self._configuration.catalog, document.request
        current = catalog.definitions.get(request.job)
        schedule = current.definition.schedule if current is not None else None
        if schedule is None:
            # The schedule was taken away: there is no next slot to begin.
            await self._store.set_state(
                document.id, BackfillState.CANCELLED, was=BackfillState.RUNNING
            )
            return False
        at = _slots_of(request, schedule)[document.slots_started : document.slots_started + 1]
        if not at:
            await self._store.note_slots(document.id, document.plan.slots)
            return False
        slot = Slot(
            job=request.job,
            at=at[0],
            timezone=schedule.timezone,
            batch_id=derived_id(to_milliseconds(at[0]), "backfill", document.id),
            submitted_by=document.submitted_by,
            labels={"backfill": document.id},
            lane=request.lane,
        )
        names = _clients_of(request, schedule, catalog)
        runs, _ = await self._slots.build(slot, [SlotStart(name) for name in names])
        if runs:
            await self._store.begin_slot(document.id, slot.batch_id)
            await self._slots.open(slot, runs)
        await self._store.note_slots(document.id, document.slots_started + 1)
        return True


def _schedule_of(catalog: Catalog, job: str) -> Schedule:
    if job not in catalog.definitions:
        raise InvalidRequestError.at("/job", unknown("job", job, list(catalog.definitions)))
    schedule = catalog.definitions[job].definition.schedule
    if schedule is None:
        raise InvalidRequestError.at("/job", f'the job "{job}" has no schedule, so no slots')
    return schedule


def _slots_of(request: BackfillRequest, schedule: Schedule) -> list[datetime]:
    for name, moment in (("since", request.since), ("until", request.until)):
        if moment.tzinfo is None:
            raise InvalidRequestError.at(f"/{name}", "say the offset too: 2026-01-05T12:00:00Z")
    if request.until <= request.since:
        raise InvalidRequestError.at("/until", "must lie after since")
    # Slots come after a moment; the first may be that very one.
    before = from_milliseconds(to_milliseconds(request.since) - 1)
    found = takewhile(
        lambda slot: slot < request.until,
        slots_after(schedule.cron, schedule.timezone, before),
    )
    slots = list(islice(found, SLOTS_LIMIT + 1))
    if len(slots) > SLOTS_LIMIT:
        raise InvalidRequestError.at("/until", f"more than {SLOTS_LIMIT} slots lie before it")
    return slots


def _clients_of(request: BackfillRequest, schedule: Schedule, catalog: Catalog) -> list[str]:
    selector = request.clients or schedule.clients
    return [
        client.name
        for client in catalog.clients.values()
        if selector.selects(client.name, client.labels)
    ]
