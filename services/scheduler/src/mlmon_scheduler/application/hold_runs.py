"""Hold and release runs that wait, and change their priority; one, or all of a batch."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlmon_scheduler.application.ports import BatchChangeStore, RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_scheduler.application.stored import BatchChange
from mlmon_shared.errors import ConflictError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState

_CALL: Final = 25
"""Runs that are changed in one call, during which the store serves nobody else."""
_CHUNK: Final = 100
"""Runs after which it is noted how far a batch is."""
_CHUNKS_AT_ONCE: Final = 20
"""That a caller waits for; the rest of a larger batch follows in the background."""
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

    What is asked for all of a batch is kept: whatever is not done when the caller hears of it
    (`is_changing`), the loop goes on with, also after a restart.

    Args:
        store: Live runs and batches.
        changes: What is still to be done.
        reader: Shows what became of them.
        actions: Is told who asks for what.
    """

    def __init__(
        self,
        store: RunStore,
        changes: BatchChangeStore,
        reader: RunReader,
        actions: ActionRecorder,
    ) -> None:
        self._store = store
        self._changes = changes
        self._reader = reader
        self._actions = actions

    async def hold_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Hold a run: it starts nothing until it is released. Repeating it changes nothing.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._hold(principal.name), principal)

    async def hold_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Hold every run of a batch that waits, those first that were submitted first.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is still being loaded.
        """
        change = BatchChange(Action.HELD, principal.name)
        return await self._change_batch(batch_id, change, principal)

    async def release_run(self, run_id: str, principal: Principal) -> RunDocument:
        """Release a held run: it goes on waiting for what is still to come.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait any more.
        """
        return await self._change_run(run_id, self._release(), principal)

    async def release_batch(self, batch_id: str, principal: Principal) -> BatchDocument:
        """Release every held run of a batch; see `hold_batch` for what is raised."""
        change = BatchChange(Action.RELEASED, principal.name)
        return await self._change_batch(batch_id, change, principal)

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
        change = BatchChange(Action.REPRIORITISED, principal.name, priority)
        return await self._change_batch(batch_id, change, principal)

    async def go_on(self, batch_id: str) -> bool:
        """Change some more runs of a batch; False when nothing is left to be changed."""
        changes = await self._changes.list_changes(batch_id)
        batch = await self._store.find_batch(batch_id)
        if batch is None or not changes:
            await self._changes.settle(batch_id)
            return False
        change = changes[0]
        end = change.done + _CHUNK
        run_ids = await self._store.list_batch_places(batch_id, start=change.done, below=end)
        work = self._change_of(change)
        for place in range(0, len(run_ids), _CALL):
            await work.apply(run_ids[place : place + _CALL])
        has_more = end < int(batch.fields["total"])
        await self._changes.note(batch_id, change, end if has_more else None)
        return has_more or len(changes) > 1

    async def list_changing(self) -> list[str]:
        """Return the batches of which something is still to be changed, oldest first."""
        return await self._changes.list_batches()

    def _change_of(self, change: BatchChange) -> _Change:
        if change.action is Action.HELD:
            return self._hold(change.by)
        if change.action is Action.RELEASED:
            return self._release()
        return self._prioritise(change.priority)

    def _hold(self, by: str) -> _Change:
        async def hold(run_ids: Sequence[str]) -> list[str | None]:
            return await self._store.hold(run_ids, f"Held by {by}.")

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
        self, batch_id: str, change: BatchChange, principal: Principal
    ) -> BatchDocument:
        batch = await self._reader.get_batch(batch_id)
        if batch.state is BatchState.LOADING:
            raise ConflictError(f"batch {batch_id} is still being loaded; try again in a moment")
        if batch.state is BatchState.FINISHED:
            return batch
        after = self._change_of(change).after
        await self._actions.record_batch(principal, change.action, batch, after)
        await self._changes.ask(batch_id, change)
        for _ in range(_CHUNKS_AT_ONCE):
            if not await self.go_on(batch_id):
                break
        return await self._reader.get_batch(batch_id)


def _check(run: RunDocument, state: str, change: _Change) -> None:
    if state not in _WAITING:
        raise ConflictError(f"run {run.id} is {state}; only a run that waits can be {change.what}")
