"""Go on with the cancelling of large batches."""

from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.ports import RunStore


class CancelBatches:
    """Cancels the batch that was asked for first, a chunk each tick; repeats are harmless."""

    name = "cancel_batches"
    period_seconds = 1.0

    def __init__(self, store: RunStore, canceller: RunCanceller) -> None:
        self._store = store
        self._canceller = canceller

    async def tick(self) -> bool:
        """Cancel one chunk; True while there is more."""
        cancelling = await self._store.list_cancelling()
        if not cancelling:
            return False
        await self._canceller.go_on(cancelling[0])
        return True
