"""Since when agents could be heard: silence counts only from then on."""

from typing import Final

import structlog

from mlmon_scheduler.application.ports import LeaseStore
from mlmon_shared.clocks import Clock

_LONGEST_GAP_SECONDS: Final = 3.0
_DRIFT_SECONDS: Final = 2.0
_LOUD_GAP_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


class Hearing:
    """Notices when beats could not be taken, so that no agent is blamed for it.

    That is so while this process or the store did not run or did not answer, and its clock says
    nothing after it has jumped. What watches must `listen` more often than every three seconds.

    Args:
        store: Of agents.
        clock: Of this process.
    """

    def __init__(self, store: LeaseStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._instance = ""
        self._heard_at = 0.0
        self._heard_at_ms = 0
        self._since_ms: int | None = None

    async def listen(self) -> int:
        """Return since when, in the store's milliseconds, agents could be heard without a break.

        Raises:
            StoreUnavailableError: They cannot be heard now.
        """
        instance, now_ms = await self._store.look()
        # After the answer: it may have been long in coming.
        now = self._clock.monotonic()
        why = self._why_broken(instance, now, now_ms)
        if why or self._since_ms is None:
            self._since_ms = now_ms
        if why:
            # A busy machine stands still for seconds now and then; nobody need look at that.
            is_short = instance == self._instance and now - self._heard_at < _LOUD_GAP_SECONDS
            tell = log.info if is_short else log.warning
            tell("expiry frozen: agents may not have been heard", reason=why)
        self._instance, self._heard_at, self._heard_at_ms = instance, now, now_ms
        return self._since_ms

    def _why_broken(self, instance: str, now: float, now_ms: int) -> str:
        if self._since_ms is None:
            return ""
        passed = now - self._heard_at
        if instance != self._instance:
            return "the store was restarted"
        if passed > _LONGEST_GAP_SECONDS:
            return f"the store or this process stood still for {passed:.1f} s"
        if abs((now_ms - self._heard_at_ms) / 1000 - passed) > _DRIFT_SECONDS:
            return "the store's clock has jumped"
        return ""
