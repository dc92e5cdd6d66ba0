"""Enqueue the spooled items of opened batches."""

from collections.abc import Callable
from typing import Final

from mlmon_scheduler.application.ports import RunStore

_CHUNK: Final = 100
_CANCELLED_AT_ONCE: Final = 100


class LoadBatches:
    """Loads the oldest batch first, a chunk each tick; derived ids make repeats harmless.

    Args:
        store: Of batches and runs.
        has_room: Whether the store may take more now.
    """

    name = "load_batches"
    period_seconds = 1.0

    def __init__(self, store: RunStore, has_room: Callable[[], bool] = lambda: True) -> None:
        self._store = store
        self._has_room = has_room

    async def tick(self) -> bool:
        """Enqueue one chunk; True while there is more."""
        loading = await self._store.list_loading()
        if not loading or not self._has_room():
            return False
        batch_id = loading[0]
        loaded, run_ids = await self._store.load_items(batch_id, _CHUNK)
        if run_ids:
            # Looked up afterwards: who asks later finds these runs and cancels them itself.
            batch = await self._store.find_batch(batch_id)
            if batch is not None and (reason := batch.fields.get("cancel_reason")):
                for start in range(0, len(run_ids), _CANCELLED_AT_ONCE):
                    chunk = run_ids[start : start + _CANCELLED_AT_ONCE]
                    await self._store.cancel(chunk, reason)
            await self._store.note_loaded(batch_id, loaded)
        else:
            await self._store.seal_batch(batch_id)
        return True
