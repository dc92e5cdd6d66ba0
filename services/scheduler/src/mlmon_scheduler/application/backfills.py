"""Plan, start, pause and cancel backfills."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.plan_backfills import clients_of, schedule_of, slots_of
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.jobs.costs import cost_of
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action, ActionKind
from mlmon_shared.wire.backfills import (
    RUNS_LIMIT,
    BackfillDocument,
    BackfillPlan,
    BackfillRequest,
    BackfillState,
    SkippedRun,
)
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.states import BatchState, RunState

ENDED: Final = frozenset({BackfillState.CANCELLED, BackfillState.FINISHED})


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

    async def note_slots(
        self, backfill_id: str, slots_started: int, skipped: Sequence[SkippedRun] = ()
    ) -> None:
        """Note how many slots were dealt with, and what had no run; nothing if more were."""

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
        actions: Is told who asks for what.
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
        actions: ActionRecorder,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._runs = runs
        self._configuration = configuration
        self._holder = holder
        self._canceller = canceller
        self._actions = actions
        self._new_id = new_id

    async def plan(self, request: BackfillRequest) -> BackfillPlan:
        """Return what a backfill would come to.

        Raises:
            InvalidRequestError: The job has no schedule, or it is too much at once.
        """
        catalog = await self._configuration.naming({request.job}, set())
        schedule = schedule_of(catalog, request.job)
        slots = slots_of(request, schedule)
        clients = clients_of(request, schedule, catalog)
        if len(slots) * len(clients) > RUNS_LIMIT:
            detail = (
                f"{len(slots)} slots of {len(clients)} clients are more than {RUNS_LIMIT} runs; "
                "take fewer at once"
            )
            raise InvalidRequestError.at("/until", detail)
        version = catalog.definitions[request.job]
        estimate = catalog.estimate_of(version)
        runs = len(slots) * len(clients)
        seconds = runs * estimate.mean if estimate.count else None
        cost = None
        if seconds is not None:
            pools = catalog.fit_of(version).pools
            cost = cost_of(version.definition.resources, pools, seconds)
        return BackfillPlan(
            job=request.job,
            slots=len(slots),
            first=slots[0] if slots else None,
            last=slots[-1] if slots else None,
            clients=len(clients),
            runs=runs,
            hours=None if seconds is None else round(seconds / 3600, 2),
            measured_runs=estimate.count,
            cost=None if cost is None else round(cost, 4),
        )

    async def start(
        self,
        request: BackfillRequest,
        principal: Principal,
        *,
        idempotency_key: str | None = None,
        config_revision: int | None = None,
    ) -> BackfillDocument:
        """Start a backfill; a loop goes on with it.

        Args:
            request: What to make up for.
            principal: Who asks.
            idempotency_key: The same again returns the backfill that it made.
            config_revision: The newest that the caller knows of.

        Raises:
            InvalidRequestError: See `plan`; or there is nothing to do.
            IdempotencyConflictError: The key was used with another request.
        """
        await self._configuration.at_least(config_revision)
        plan = await self.plan(request)
        if plan.runs == 0:
            what = "slot of the schedule lies" if plan.slots == 0 else "client is selected"
            raise InvalidRequestError.at("/since", f"nothing to do: no {what} there")
        backfill_id = self._new_id()
        if idempotency_key is not None:
            body = hashlib.sha256(f"backfill {request.model_dump_json()}".encode()).hexdigest()
            backfill_id = await self._runs.claim_key(
                principal.token_id, idempotency_key, body, backfill_id
            )
            if await self._store.find(backfill_id) is not None:
                return await self.get(backfill_id)
        document = BackfillDocument(
            id=backfill_id,
            request=request,
            schedule=schedule_of(self._configuration.catalog, request.job),
            plan=plan,
            config_revision=self._configuration.snapshot.config_revision,
            state=BackfillState.RUNNING,
            created_at=from_milliseconds(await self._runs.now_ms()),
            submitted_by=principal.name,
        )
        after = {"state": BackfillState.RUNNING, "slots": plan.slots, "runs": plan.runs}
        await self._record(principal, Action.BACKFILL_STARTED, document, None, after)
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
        await self._change(backfill_id, Action.PAUSED, BackfillState.PAUSED, principal)
        for batch_id in (await self.get(backfill_id)).batches:
            batch = await self._runs.find_batch(batch_id)
            if batch is None or batch.fields["state"] == BatchState.LOADING:
                raise ConflictError(
                    f"batch {batch_id} is still being loaded, its runs are not held; no further "
                    "slot begins; pause again in a moment"
                )
            await self._holder.hold_batch(batch_id, principal)
        return await self.get(backfill_id)

    async def resume(self, backfill_id: str, principal: Principal) -> BackfillDocument:
        """Release what waits, and go on; see `pause` for what is raised."""
        await self._change(backfill_id, Action.RESUMED, BackfillState.RUNNING, principal)
        for batch_id in (await self.get(backfill_id)).batches:
            # One that was noted and is not opened yet holds nothing.
            if await self._runs.find_batch(batch_id) is not None:
                await self._holder.release_batch(batch_id, principal)
        return await self.get(backfill_id)

    async def cancel(self, backfill_id: str, principal: Principal) -> BackfillDocument:
        """Begin no further slot, and cancel every run; see `pause` for what is raised."""
        await self._change(backfill_id, Action.CANCELLED, BackfillState.CANCELLED, principal)
        for batch_id in (await self.get(backfill_id)).batches:
            # The loop cancels one that was noted and is not opened yet.
            if await self._runs.find_batch(batch_id) is not None:
                await self._canceller.cancel_batch(batch_id, principal)
        return await self.get(backfill_id)

    async def _change(
        self, backfill_id: str, action: Action, state: BackfillState, principal: Principal
    ) -> None:
        found = await self.get(backfill_id)
        if found.state in ENDED and found.state is not state:
            raise ConflictError(f"backfill {backfill_id} is {found.state}")
        if found.state is state:
            return
        await self._record(principal, action, found, {"state": found.state}, {"state": state})
        if not await self._store.set_state(backfill_id, state, was=found.state):
            raise ConflictError(f"backfill {backfill_id} has changed meanwhile; look again")

    async def _record(
        self,
        principal: Principal,
        action: Action,
        backfill: BackfillDocument,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
    ) -> None:
        await self._actions.record(
            principal,
            action,
            ActionKind.BACKFILL,
            backfill.id,
            before=before,
            after=after,
            jobs=[backfill.request.job],
        )
