"""Find the runs that a re-run repeats, among live ones and in history."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunFilter, RunReader
from mlmon_scheduler.domain.reruns import Selection, children_of, descend
from mlmon_shared.errors import ConflictError, ForbiddenError, InvalidRequestError
from mlmon_shared.visibility import EVERYTHING, HIDDEN, Visibility
from mlmon_shared.wire.batches import BATCH_ITEMS_LIMIT
from mlmon_shared.wire.reruns import RerunOnly
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState, RunState

_PAGE: Final = 200


class RerunSelector:
    """Reads what is to be repeated, and everything that it waited on."""

    def __init__(self, store: RunStore, reader: RunReader) -> None:
        self._store = store
        self._reader = reader

    async def select_run(self, run_id: str, visibility: Visibility = EVERYTHING) -> Selection:
        """Choose one run.

        Raises:
            ForbiddenError: It is not seen.
            NotFoundError: There is no such run.
            ConflictError: It has not ended, or what it fanned in over is not known any more.
        """
        reading = _Reading(self._store, self._reader)
        run = await reading.get_run(run_id)
        for link in run.depends_on:
            if link.group is not None and run.batch is not None:
                await reading.load_batch(run.batch, job=link.job)
        return await self._finish(reading, [run_id], visibility)

    async def select_downstream(
        self, run_id: str, visibility: Visibility = EVERYTHING
    ) -> Selection:
        """Choose a run and all that waited on it, directly or over others.

        Raises:
            ForbiddenError: Not all of them are seen.
        """
        reading = _Reading(self._store, self._reader)
        chosen: dict[str, None] = {}
        new = [run_id]
        while new:
            chosen |= dict.fromkeys(new)
            _check_size(len(chosen))
            for each in new:
                batch = (await reading.get_run(each)).batch
                if batch is not None:
                    await reading.load_batch(batch)
            behind = descend(chosen, await reading.children())
            elsewhere = await self._store.list_children([*new, *behind])
            found = dict.fromkeys([*behind, *(child for each in elsewhere for child in each)])
            new = [child for child in found if child not in chosen]
        return await self._finish(reading, list(chosen), visibility)

    async def select_batch(
        self, batch_id: str, only: RerunOnly, visibility: Visibility = EVERYTHING
    ) -> Selection:
        """Choose the runs of a batch, or those that did not succeed.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is not finished, or every run of it succeeded.
        """
        batch = await self._reader.get_batch(batch_id)
        if batch.state is not BatchState.FINISHED:
            raise ConflictError(f"batch {batch_id} is {batch.state}; wait for it, or cancel it")
        reading = _Reading(self._store, self._reader)
        await reading.load_batch(batch_id)
        chosen = [
            run.id
            for run in reading.known.values()
            if only is RerunOnly.ALL or run.state is not RunState.SUCCEEDED
        ]
        if len(reading.known) < batch.total:
            raise ConflictError(
                f"only {len(reading.known)} of the {batch.total} runs of batch {batch_id} are "
                "known any more; re-run those alone, or submit the batch anew"
            )
        if not chosen:
            raise ConflictError(f"every run of batch {batch_id} succeeded; nothing is to be re-run")
        return await self._finish(reading, chosen, visibility)

    async def _finish(
        self, reading: "_Reading", chosen: list[str], visibility: Visibility
    ) -> Selection:
        selection = Selection(chosen, reading.known, await reading.members())
        if not all(visibility.sees(client=run.client, job=run.job) for run in selection.runs):
            raise ForbiddenError(
                f"{HIDDEN} would be run again too: {visibility.explain()}; re-run runs alone"
            )
        for run in selection.runs:
            _check_final(run)
            _check_groups(run, selection)
        unknown = [run_id for run_id in selection.outside() if run_id not in selection.known]
        states = await self._store.find_states(unknown)
        for run_id, state in zip(unknown, states, strict=True):
            if state is None:
                await reading.get_run(run_id)
            else:
                found = RunState(state)
                selection.outcomes[run_id] = found if found in FINAL_RUN_STATES else None
        return selection


class _Reading:
    """The runs that were read so far."""

    def __init__(self, store: RunStore, reader: RunReader) -> None:
        self._store = store
        self._reader = reader
        self._loaded: set[tuple[str, str | None]] = set()
        self._members: dict[str, list[str]] = {}
        self.known: dict[str, RunDocument] = {}

    async def get_run(self, run_id: str) -> RunDocument:
        """Return a run, read once."""
        if run_id not in self.known:
            self.known[run_id] = await self._reader.get_run(run_id)
        return self.known[run_id]

    async def load_batch(self, batch_id: str, *, job: str | None = None) -> None:
        """Read the runs of a batch, once."""
        if (batch_id, job) in self._loaded or (batch_id, None) in self._loaded:
            return
        try:
            await self._list(batch_id, job)
        except InvalidRequestError:
            # The batch went from the store to history between two pages: its cursor is void.
            await self._list(batch_id, job)
        self._loaded.add((batch_id, job))

    async def _list(self, batch_id: str, job: str | None) -> None:
        cursor = None
        while True:
            wanted = RunFilter(batch=batch_id, job=job)
            page = await self._reader.list_runs(wanted, cursor=cursor, limit=_PAGE)
            self.known |= {run.id: run for run in page.items}
            cursor = page.next_cursor
            if cursor is None:
                return

    async def children(self) -> dict[str, list[str]]:
        """Return what waited on each run, as far as it was read."""
        return children_of(self.known.values(), await self.members())

    async def members(self) -> dict[str, list[str]]:
        """Return the runs of every group that a run that was read waits on.

        Groups are forgotten with their batch; then they are all runs of the job in it.
        """
        for run in list(self.known.values()):
            for link in run.depends_on:
                if link.group is None or self._members.get(link.group):
                    continue
                self._members[link.group] = await self._store.list_members(link.group) or [
                    other.id
                    for other in self.known.values()
                    if other.batch == run.batch and other.job == link.job
                ]
        return self._members


def _check_final(run: RunDocument) -> None:
    if run.state not in FINAL_RUN_STATES:
        raise ConflictError(
            f"run {run.id} is {run.state}; only what has ended can be re-run: wait for it, "
            "or cancel it",
            run_id=run.id,
        )


def _check_groups(run: RunDocument, selection: Selection) -> None:
    for link in run.depends_on:
        if link.group is not None and len(selection.members_of(link)) != link.expected:
            raise ConflictError(
                f"run {run.id} fanned in over {link.expected} runs of {link.job} that are not "
                "all known any more; submit it anew",
                run_id=run.id,
            )


def _check_size(number: int) -> None:
    if number > BATCH_ITEMS_LIMIT:
        raise ConflictError(
            f"more than {BATCH_ITEMS_LIMIT} runs would be repeated; re-run some of them alone"
        )
