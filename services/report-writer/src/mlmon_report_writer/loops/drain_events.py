"""Drain the event streams for as long as the shard is ours."""

from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.application.ports import ShardOwnership
from mlmon_report_writer.loops.metrics import DrainMetrics
from mlmon_shared.clocks import Clock
from mlmon_shared.wire.records import to_milliseconds


class DrainEvents:
    """One step of the drain a tick; a replica that does not own the shard does nothing.

    Args:
        drain: What a step does.
        ownership: Decides which replica does it.
        metrics: Counts what was done.
        clock: For the lag.
    """

    name = "drain_events"

    def __init__(
        self, drain: EventDrain, ownership: ShardOwnership, metrics: DrainMetrics, clock: Clock
    ) -> None:
        self._drain = drain
        self._ownership = ownership
        self._metrics = metrics
        self._clock = clock
        self.period_seconds = 0.1

    async def tick(self) -> bool:
        """Drain once; True when there may be more."""
        if not await self._ownership.acquire():
            return False
        done = await self._drain.drain()
        self._metrics.events.inc(done.events)
        self._metrics.dead_letters.inc(done.dead_letters)
        self._metrics.batches.inc(done.batches)
        if done.is_at_end:
            self._metrics.lag_seconds.set(0)
        elif done.as_of is not None:
            lag = self._clock.now_ms() - to_milliseconds(done.as_of)
            self._metrics.lag_seconds.set(max(lag / 1000, 0))
        # Reading waits for news by itself. After news the period gathers more of it: a
        # transaction costs more than an event.
        return done.has_epochs and (done.is_full or done.events == 0)
