"""Hold and release runs that wait, and change their priority; one, or all of a batch."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.errors import ConflictError
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState

_CHUNK: Final = 100
_WAITING: Final = frozenset({RunState.QUEUED, RunState.DELAYED, RunState.BLOCKED, RunState.HELD})

Change = Callable[[Sequence[str]], Awaitable[list[str | None]]]


class RunHolder:
    """Changes what waits. In a batch, runs that do not wait stay as they are."""

    def __init__(self, store: RunStore, reader: RunReader) -> None:
        self._store = store
        self._reader = reader

    async def hold_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Hold a run: it starts nothing until it is released. Repeating it changes nothing.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._hold(principal), "held", principal.visibility)

    async def hold_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Hold every run of a batch that waits.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is still being loaded.
        """
        return await self._change_batch(batch_id, self._hold(principal))

    async def release_run(self, run_id: str, visibility: Visibility = EVERYTHING) -> RunDocument:
        """Release a held run: it goes on waiting for what is still to come.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._store.release, "released", visibility)

    async def release_batch(self, batch_id: str) -> BatchDocument:
        """Release every held run of a batch; see `hold_batch` for what is raised."""
        return await self._change_batch(batch_id, self._store.release)

    async def reprioritise_run(
        self, run_id: str, priority: int, visibility: Visibility = EVERYTHING
    ) -> RunDocument:
        """Give a run that waits another priority; it keeps its age.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(
            run_id, self._prioritise(priority), "given another priority", visibility
        )

    async def reprioritise_batch(self, batch_id: str, priority: int) -> BatchDocument:
        """Give every run of a batch that waits another priority; see `hold_batch`."""
        return await self._change_batch(batch_id, self._prioritise(priority))

    def _hold(self, principal: Principal) -> Change:
        async def hold(run_ids: Sequence[str]) -> list[str | None]:
            return await self._store.hold(run_ids, f"Held by {principal.name}.")

        return hold

    def _prioritise(self, priority: int) -> Change:
        async def prioritise(run_ids: Sequence[str]) -> list[str | None]:
            return await self._store.reprioritise(run_ids, priority)

        return prioritise

    async def _change_run(
        self, run_id: str, change: Change, what: str, visibility: Visibility
    ) -> RunDocument:
        (state,) = await change([run_id])
        run = await self._reader.get_run(run_id, visibility)
        if state not in _WAITING:
            raise ConflictError(
                f"run {run_id} is {state or run.state}; only a run that waits can be {what}"
            )
        return run

    async def _change_batch(self, batch_id: str, change: Change) -> BatchDocument:
        batch = await self._reader.get_batch(batch_id)
        if batch.state is BatchState.LOADING:
            raise ConflictError(f"batch {batch_id} is still being loaded; try again in a moment")
        if batch.state is not BatchState.FINISHED:
            for start in range(0, batch.total, _CHUNK):
                run_ids = await self._store.list_batch_runs(batch_id, start=start, limit=_CHUNK)
                if run_ids:
                    await change(run_ids)
        return await self._reader.get_batch(batch_id)
