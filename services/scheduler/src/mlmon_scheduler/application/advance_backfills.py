"""Go on with backfills: begin their slots, and end them."""

from collections.abc import Awaitable, Callable

from mlmon_scheduler.application.backfills import ENDED, BackfillStore, StoredBackfill
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.open_slots import Slot, SlotOpener, SlotStart
from mlmon_scheduler.application.plan_backfills import clients_of, slots_of
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.domain.schedules import backfill_batch_id
from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.backfills import BackfillDocument, BackfillState, SkippedRun
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.states import BatchState


class BackfillAdvancer:
    """Opens the next slots of backfills that run; repeating it opens the same batches.

    Args:
        store: Keeps them.
        runs: Live batches.
        configuration: Versions and clients.
        slots: Makes slots batches.
        find_past: Finds a batch also in history, if it was ever there.
    """

    def __init__(
        self,
        store: BackfillStore,
        runs: RunStore,
        configuration: Configuration,
        slots: SlotOpener,
        find_past: Callable[[str], Awaitable[BatchDocument | None]],
    ) -> None:
        self._store = store
        self._runs = runs
        self._configuration = configuration
        self._slots = slots
        self._find_past = find_past

    async def advance(self, *, may_begin: bool = True) -> bool:
        """Go on with each; return whether a slot was begun.

        Args:
            may_begin: Whether slots begin; what has ended is noted always.
        """
        has_begun = False
        for backfill_id in reversed(await self._store.list_ids()):
            found = await self._store.find(backfill_id)
            if found is not None and (found.document.state not in ENDED or found.batches):
                has_begun |= await self._advance(found, may_begin=may_begin)
        return has_begun

    async def _advance(self, found: StoredBackfill, *, may_begin: bool) -> bool:
        document = found.document
        active, is_open = 0, False
        for batch_id in found.batches:
            batch = await self._runs.find_batch(batch_id)
            if batch is None:
                is_open |= not await self._note_past(document.id, batch_id)
                continue
            if batch.fields["state"] == BatchState.FINISHED:
                await self._store.end_batch(document.id, batch_id, batch.counts)
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

    async def _note_past(self, backfill_id: str, batch_id: str) -> bool:
        """Note what became of a batch that is live no longer, or was never opened.

        Returns:
            Whether that is known; while history is away it is not.
        """
        try:
            past = await self._find_past(batch_id)
        except MlmonError:
            return False
        counts = {} if past is None else {state.value: each for state, each in past.counts.items()}
        await self._store.end_batch(backfill_id, batch_id, counts)
        return True

    async def _begin(self, document: BackfillDocument) -> bool:
        catalog = await self._configuration.at_least(document.config_revision)
        if self._configuration.snapshot.config_revision < document.config_revision:
            # Another replica knows more, also of the job itself, and config-api does not answer.
            return False
        request = document.request
        if request.job not in catalog.definitions:
            # It was archived: there is nothing to run.
            await self._store.set_state(
                document.id, BackfillState.CANCELLED, was=BackfillState.RUNNING
            )
            return False
        # What was planned is done, whatever became of the job's schedule meanwhile.
        schedule = document.schedule
        at = slots_of(request, schedule)[document.slots_started]
        slot = Slot(
            job=request.job,
            at=at,
            timezone=schedule.timezone,
            batch_id=backfill_batch_id(document.id, at),
            submitted_by=document.submitted_by,
            labels={"backfill": document.id},
            lane=request.lane,
            backfill=document.id,
        )
        names = clients_of(request, schedule, catalog)
        runs, faulty = await self._slots.build(slot, [SlotStart(name) for name in names])
        if runs:
            await self._store.begin_slot(document.id, slot.batch_id)
            await self._slots.open(slot, runs)
        skipped = [SkippedRun(slot=at, client=each.client, reason=each.reason) for each in faulty]
        await self._store.note_slots(document.id, document.slots_started + 1, skipped)
        return True
