"""Return grants that no agent accepted in time."""

from typing import Final

from mlmon_scheduler.application.hearing import Hearing
from mlmon_scheduler.application.ports import LeaseStore

_GRANTS: Final = 200


class ExpireGrants:
    """Puts overdue grants back into the queue, at no cost to the run.

    Args:
        store: Of grants.
        hearing: A grant is overdue only if it could have been accepted all the time.
    """

    name = "expire_grants"
    period_seconds = 1.0

    def __init__(self, store: LeaseStore, hearing: Hearing) -> None:
        self._store = store
        self._hearing = hearing

    async def tick(self) -> bool:
        """Return some; True while there is more."""
        since_ms = await self._hearing.listen()
        return await self._store.expire_grants(_GRANTS, heard_since_ms=since_ms) == _GRANTS
