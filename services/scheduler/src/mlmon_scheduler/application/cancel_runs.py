"""Cancel a run, or all of a batch."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState, RunState

_CALL: Final = 25
"""Runs that are cancelled in one call, during which the store serves nobody else."""
_CHUNK: Final = 100
"""Runs after which it is noted how far a batch is."""
_CHUNKS_AT_ONCE: Final = 20
"""That a caller waits for; the rest of a larger batch follows in the background."""


class RunCanceller:
    """Cancels what is not final; what is final stays as it is.

    Args:
        store: Live runs and batches.
        reader: Shows what became of them.
        actions: Is told who cancels.
    """

    def __init__(self, store: RunStore, reader: RunReader, actions: ActionRecorder) -> None:
        self._store = store
        self._reader = reader
        self._actions = actions

    async def cancel_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Ask for a run to be cancelled and return it as it then is.

        Raises:
            NotFoundError: There is no such run.
        """
        run = await self._reader.get_run(run_id, principal.visibility)
        if run.state in FINAL_RUN_STATES or run.state is RunState.CANCELLING:
            return run
        after = RunState.CANCELLING if run.state is RunState.RUNNING else RunState.CANCELLED
        await self._actions.record_run(principal, Action.CANCELLED, run, {"state": after})
        await self._store.cancel([run_id], f"Cancelled by {principal.name}.")
        return await self._reader.get_run(run_id, principal.visibility)

    async def cancel_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Ask for every run of a batch to be cancelled, newest in the DAG first.

        Dependants go before what they wait on, so that nothing is skipped that the caller
        asked to have cancelled. What was asked for is kept: whatever is not done when this
        returns (`is_cancelling`), the loop goes on with, also after a restart.

        Raises:
            NotFoundError: There is no such batch.
        """
        batch = await self._reader.get_batch(batch_id)
        if batch.state is BatchState.FINISHED:
            return batch
        after = {"is_cancelling": True}
        await self._actions.record_batch(principal, Action.CANCELLED, batch, after)
        await self._store.ask_to_cancel(batch_id, f"Cancelled by {principal.name}.")
        for _ in range(_CHUNKS_AT_ONCE):
            if not await self.go_on(batch_id):
                break
        return await self._reader.get_batch(batch_id)

    async def go_on(self, batch_id: str) -> bool:
        """Cancel some more of a batch that is being cancelled; False when all of it is done."""
        batch = await self._store.find_batch(batch_id)
        below = int(batch.fields.get("cancel_below") or 0) if batch is not None else 0
        if batch is None or below == 0:
            await self._store.note_cancelled(batch_id, 0)
            return False
        start = max(below - _CHUNK, 0)
        run_ids = await self._store.list_batch_places(batch_id, start=start, below=below)
        run_ids.reverse()
        for place in range(0, len(run_ids), _CALL):
            some = run_ids[place : place + _CALL]
            await self._store.cancel(some, batch.fields["cancel_reason"])
        await self._store.note_cancelled(batch_id, start)
        return start > 0
