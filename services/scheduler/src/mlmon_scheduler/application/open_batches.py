"""Open a batch whose runs are decided: from then on a loop loads it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.stored import NewBatch, NewRun
from mlmon_shared.errors import NotFoundError
from mlmon_shared.visibility import batch_extent
from mlmon_shared.wire.batches import BatchDocument

_CHUNK: Final = 50


class BatchOpener:
    """Spools the runs of a batch and opens it; all of it is taken, or nothing."""

    def __init__(self, store: RunStore, reader: RunReader, new_id: Callable[[], str]) -> None:
        self._store = store
        self._reader = reader
        self._new_id = new_id

    async def open_batch(self, batch: NewBatch, runs: Iterable[NewRun]) -> BatchDocument:
        """Take a batch; one that was opened before is left as it is.

        Args:
            batch: What it is as a whole.
            runs: Each after those that it waits on.
        """
        spool_id = self._new_id()
        iterator = iter(runs)
        clients, jobs = set[str](), set[str]()
        while chunk := _take(iterator):
            await self._store.spool_items(spool_id, chunk)
            clients |= {run.fields["client"] for run in chunk}
            jobs |= {run.fields["job"] for run in chunk}
        fields = {**batch.fields, **batch_extent(clients, jobs)}
        await self._store.open_batch(replace(batch, fields=fields), spool_id)
        return await self._reader.get_batch(batch.id)

    async def find_batch(self, batch_id: str) -> BatchDocument | None:
        """Return a batch, live or in history, if there is one."""
        try:
            return await self._reader.get_batch(batch_id)
        except NotFoundError:
            return None


def _take(runs: Iterator[NewRun]) -> list[NewRun]:
    return list(islice(runs, _CHUNK))
