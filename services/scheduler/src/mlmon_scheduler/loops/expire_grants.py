"""Return grants that no agent accepted in time."""

from typing import Final

from mlmon_scheduler.application.ports import LeaseStore

_GRANTS: Final = 200


class ExpireGrants:
    """Puts overdue grants back into the queue, at no cost to the run."""

    name = "expire_grants"
    period_seconds = 1.0

    def __init__(self, store: LeaseStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Return some; True while there is more."""
        return await self._store.expire_grants(_GRANTS) == _GRANTS
