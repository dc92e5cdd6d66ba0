"""Hold and release runs that wait, and change their priority; one, or all of a batch."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.errors import ConflictError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState

_CHUNK: Final = 100
_WAITING: Final = frozenset(
    {RunState.QUEUED, RunState.DELAYED, RunState.BLOCKED, RunState.PARKED, RunState.HELD}
)


@dataclass(frozen=True)
class _Change:
    """What is to be done to runs.

    Attributes:
        action: As it is recorded.
        what: A run that waits can be …
        after: What is then so, as it is recorded.
        is_done: Tells whether a run that waits is so already.
        apply: Does it; returns the state of each run, None for one that is not live.
    """

    action: Action
    what: str
    after: Mapping[str, Any]
    is_done: Callable[[RunDocument], bool]
    apply: Callable[[Sequence[str]], Awaitable[list[str | None]]]


class RunHolder:
    """Changes what waits. In a batch, runs that do not wait stay as they are.

    Args:
        store: Live runs and batches.
        reader: Shows what became of them.
        actions: Is told who asks for what.
    """

    def __init__(self, store: RunStore, reader: RunReader, actions: ActionRecorder) -> None:
        self._store = store
        self._reader = reader
        self._actions = actions

    async def hold_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Hold a run: it starts nothing until it is released. Repeating it changes nothing.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._hold(principal), principal)

    async def hold_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Hold every run of a batch that waits.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is still being loaded.
        """
        return await self._change_batch(batch_id, self._hold(principal), principal)

    async def release_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Release a held run: it goes on waiting for what is still to come.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._release(), principal)

    async def release_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Release every held run of a batch; see `hold_batch` for what is raised."""
        return await self._change_batch(batch_id, self._release(), principal)

    async def reprioritise_run(
        self, run_id: str, priority: int, principal: Principal
    ) -> RunDocument:
        """Give a run that waits another priority; it keeps its age.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._prioritise(priority), principal)

    async def reprioritise_batch(
        self, batch_id: str, priority: int, principal: Principal
    ) -> BatchDocument:
        """Give every run of a batch that waits another priority; see `hold_batch`."""
        return await self._change_batch(batch_id, self._prioritise(priority), principal)

    def _hold(self, principal: Principal) -> _Change:
        async def hold(run_ids: Sequence[str]) -> list[str | None]:
            return await self._store.hold(run_ids, f"Held by {principal.name}.")

        return _Change(
            Action.HELD, "held", {"is_held": True}, lambda run: run.state is RunState.HELD, hold
        )

    def _release(self) -> _Change:
        return _Change(
            Action.RELEASED,
            "released",
            {"is_held": False},
            lambda run: run.state is not RunState.HELD,
            self._store.release,
        )

    def _prioritise(self, priority: int) -> _Change:
        async def prioritise(run_ids: Sequence[str]) -> list[str | None]:
            return await self._store.reprioritise(run_ids, priority)

        return _Change(
            Action.REPRIORITISED,
            "given another priority",
            {"priority": priority},
            lambda run: run.priority == priority,
            prioritise,
        )

    async def _change_run(self, run_id: str, change: _Change, principal: Principal) -> RunDocument:
        run = await self._reader.get_run(run_id, principal.visibility)
        _check(run, run.state, change)
        if change.is_done(run):
            return run
        await self._actions.record_run(principal, change.action, run, change.after)
        (state,) = await change.apply([run_id])
        run = await self._reader.get_run(run_id, principal.visibility)
        _check(run, state or run.state, change)
        return run

    async def _change_batch(
        self, batch_id: str, change: _Change, principal: Principal
    ) -> BatchDocument:
        batch = await self._reader.get_batch(batch_id)
        if batch.state is BatchState.LOADING:
            raise ConflictError(f"batch {batch_id} is still being loaded; try again in a moment")
        if batch.state is BatchState.FINISHED:
            return batch
        await self._actions.record_batch(principal, change.action, batch, change.after)
        for start in range(0, batch.total, _CHUNK):
            run_ids = await self._store.list_batch_runs(batch_id, start=start, limit=_CHUNK)
            if run_ids:
                await change.apply(run_ids)
        return await self._reader.get_batch(batch_id)


def _check(run: RunDocument, state: str, change: _Change) -> None:
    if state not in _WAITING:
        raise ConflictError(f"run {run.id} is {state}; only a run that waits can be {change.what}")
