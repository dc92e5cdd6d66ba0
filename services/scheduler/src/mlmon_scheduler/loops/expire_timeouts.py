"""End attempts that are beyond their limits and that their agents do not end."""

from typing import Final

import structlog

from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.ports import LeaseStore

_ATTEMPTS: Final = 100

log = structlog.get_logger(__name__)


class ExpireTimeouts:
    """Orders overdue attempts to be killed, and ends those that were not.

    Only attempts of agents that are heard: the others end when their agent counts as lost.

    Args:
        store: Of attempts and their limits.
        completer: Ends attempts.
    """

    name = "expire_timeouts"
    period_seconds = 1.0

    def __init__(self, store: LeaseStore, completer: AttemptCompleter) -> None:
        self._store = store
        self._completer = completer

    async def tick(self) -> bool:
        """Look at some; True while there is more."""
        due, overdue = await self._store.expire_timeouts(_ATTEMPTS)
        for attempt in overdue:
            log.warning(
                "attempt ended by the server", run_id=attempt.run_id, attempt=attempt.attempt
            )
            await self._completer.end_overdue(attempt)
        return due == _ATTEMPTS
