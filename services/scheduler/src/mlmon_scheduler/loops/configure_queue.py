"""Give the queue the weights, quotas and capacities of the newest snapshot."""

from collections.abc import Callable
from typing import Final

from mlmon_scheduler.application.ports import QueueStore
from mlmon_scheduler.domain.gates import PAUSED
from mlmon_scheduler.domain.quotas import ClientLimits, ResourceQuota
from mlmon_shared.wire.catalog import Snapshot

_REPEAT_SECONDS: Final = 60.0


class ConfigureQueue:
    """Applies each new snapshot, and the same one again each minute: the store may be new.

    Args:
        store: Where the queue is.
        current: Returns the newest snapshot.
        monotonic: Returns seconds that only pass forward.
    """

    name = "configure_queue"
    period_seconds = 1.0

    def __init__(
        self,
        store: QueueStore,
        current: Callable[[], Snapshot],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._current = current
        self._monotonic = monotonic
        self._applied: tuple[int, float] | None = None

    async def tick(self) -> bool:
        """Apply the snapshot if it is new or a minute has passed."""
        snapshot, now = self._current(), self._monotonic()
        if self._applied is not None:
            revision, when = self._applied
            if revision == snapshot.config_revision and now < when + _REPEAT_SECONDS:
                return False
        paused = set(snapshot.paused_clients)
        clients = [
            ClientLimits(
                client.name,
                client.weight,
                PAUSED if client.name in paused else client.quotas.runs or 0,
                ResourceQuota.of(client),
            )
            for client in snapshot.clients
        ]
        await self._store.configure_clients(clients)
        await self._store.configure_resources(
            [(resource.name, resource.capacity) for resource in snapshot.resources]
        )
        self._applied = (snapshot.config_revision, now)
        return False
