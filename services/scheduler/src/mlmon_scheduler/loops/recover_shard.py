"""Watch over the shard's epoch, and recover the shard when it was lost."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from mlmon_scheduler.application.recover_shard import ShardRecovery
from mlmon_scheduler.domain.recovery import EpochState


class RecoveryMetrics:
    """What recoveries did.

    Args:
        registry: Of the app.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.restored = Counter(
            "mlmon_scheduler_recovered_runs",
            "Runs that were not final and were brought back from history.",
            registry=registry,
        )
        self.adopted = Counter(
            "mlmon_scheduler_adopted_attempts",
            "Attempts of an earlier epoch whose lease was given back to their agent.",
            registry=registry,
        )
        self._is_recovering = Gauge(
            "mlmon_scheduler_is_recovering",
            "1 while the shard is recovered, else 0.",
            registry=registry,
        )

    def note_phase(self, state: EpochState | None) -> None:
        """Note whether a recovery goes on."""
        self._is_recovering.set(state is None or state.phase is not None)


class RecoverShard:
    """Until an epoch has begun and its runs are there, calls are answered 503.

    Args:
        recovery: Does the work.
        on_state: Told what the epoch's state was.
    """

    name = "recover_shard"
    period_seconds = 0.5

    def __init__(
        self, recovery: ShardRecovery, on_state: Callable[[EpochState | None], None]
    ) -> None:
        self._recovery = recovery
        self._on_state = on_state

    async def tick(self) -> bool:
        """Take one step; True while there is more."""
        has_more = await self._recovery.step()
        self._on_state(self._recovery.state)
        return has_more
