"""Cancel a run, or all of a batch."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.principals import Principal
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState

_CHUNK: Final = 100


class RunCanceller:
    """Cancels what is not final; what is final stays as it is."""

    def __init__(self, store: RunStore, reader: RunReader) -> None:
        self._store = store
        self._reader = reader

    async def cancel_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Ask for a run to be cancelled and return it as it then is.

        Raises:
            NotFoundError: There is no such run.
        """
        await self._store.cancel([run_id], f"Cancelled by {principal.name}.")
        return await self._reader.get_run(run_id)

    async def cancel_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Ask for every run of a batch to be cancelled, newest in the DAG first.

        Dependants go before what they wait on, so that nothing is skipped that the caller
        asked to have cancelled.

        Raises:
            NotFoundError: There is no such batch.
        """
        batch = await self._reader.get_batch(batch_id)
        reason = f"Cancelled by {principal.name}."
        if batch.state is BatchState.LOADING:
            await self._store.ask_to_cancel(batch_id, reason)
        if batch.state is not BatchState.FINISHED:
            starts = range(0, batch.total, _CHUNK)
            for start in reversed(starts):
                run_ids = await self._store.list_batch_runs(batch_id, start=start, limit=_CHUNK)
                if run_ids:
                    await self._store.cancel(list(reversed(run_ids)), reason)
        return await self._reader.get_batch(batch_id)
