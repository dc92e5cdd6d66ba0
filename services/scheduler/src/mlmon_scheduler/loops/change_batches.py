"""Go on with holding, releasing and reprioritising the runs of large batches."""

from mlmon_scheduler.application.hold_runs import RunHolder


class ChangeBatches:
    """Changes the batch that was asked for first, a chunk each tick; repeats are harmless."""

    name = "change_batches"
    period_seconds = 1.0

    def __init__(self, holder: RunHolder) -> None:
        self._holder = holder

    async def tick(self) -> bool:
        """Change one chunk; True while there is more."""
        changing = await self._holder.list_changing()
        if not changing:
            return False
        await self._holder.go_on(changing[0])
        return True
