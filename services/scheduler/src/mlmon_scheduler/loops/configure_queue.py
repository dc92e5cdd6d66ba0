"""Give the queue the weights, quotas and capacities of the newest snapshot."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from mlmon_scheduler.application.ports import QueueStore
from mlmon_scheduler.domain.gates import PAUSED
from mlmon_scheduler.domain.quotas import ClientLimits, ResourceQuota
from mlmon_shared.wire.catalog import Snapshot

_REPEAT_SECONDS: Final = 60.0


class ConfigureQueue:
    """Applies what differs in each new snapshot, and all of it each minute: the store may be new.

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
        self._applying = asyncio.Lock()
        self._revision: int | None = None
        self._repeat_at = float("-inf")
        self._clients: Mapping[str, ClientLimits] = {}
        self._resources: Mapping[str, int] = {}

    async def tick(self) -> bool:
        """Apply the snapshot if it is new or a minute has passed."""
        async with self._applying:
            now = self._monotonic()
            if now >= self._repeat_at:
                self._clients, self._resources, self._revision = {}, {}, None
            await self._apply(self._current())
            if now >= self._repeat_at:
                self._repeat_at = now + _REPEAT_SECONDS
        return False

    async def follow(self, snapshot: Snapshot) -> None:
        """Apply a snapshot that has just come, so that what is submitted next goes by it.

        The first one is left to the loop: at the start, the shard may have no epoch yet.
        """
        async with self._applying:
            if self._revision is not None:
                await self._apply(snapshot)

    async def _apply(self, snapshot: Snapshot) -> None:
        if self._revision == snapshot.config_revision:
            return
        paused = set(snapshot.paused_clients)
        clients = {
            client.name: ClientLimits(
                client.name,
                client.weight,
                PAUSED if client.name in paused else client.quotas.runs or 0,
                ResourceQuota.of(client),
            )
            for client in snapshot.clients
        }
        resources = {resource.name: resource.capacity for resource in snapshot.resources}
        await self._store.configure_clients(
            [each for name, each in clients.items() if self._clients.get(name) != each]
        )
        await self._store.configure_resources(
            [each for each in resources.items() if self._resources.get(each[0]) != each[1]]
        )
        self._clients, self._resources = clients, resources
        self._revision = snapshot.config_revision
