"""Background loops: one `tick` again and again, jittered, woken early when there is news."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from mlmon_shared.errors import MlmonError

_PATIENCE_SECONDS: Final = 3.0
_START_PATIENCE_SECONDS: Final = 30.0

log = structlog.get_logger(__name__)


class Ticking(Protocol):
    """One unit of a loop's work."""

    name: str
    period_seconds: float

    async def tick(self) -> bool:
        """Do one bounded piece of work; True asks for the next at once."""


class LoopRunner:
    """Runs a loop's ticks until it is cancelled; a tick that raises is logged and repeated.

    What keeps a loop from working is warned of once, after 3 s; before the first good tick after
    30 s, because services that start together wait for one another (`/readyz` says it at once).

    Args:
        loop: What to run.
        on_success: Called after each good tick, for a metric.
        monotonic: Returns seconds that only pass forward.
    """

    def __init__(
        self,
        loop: Ticking,
        *,
        on_success: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._on_success = on_success
        self._monotonic = monotonic
        self._wake = asyncio.Event()
        self._patience = _START_PATIENCE_SECONDS
        self._failing_since: float | None = None
        self._is_reported = False

    def wake(self) -> None:
        """Make the next tick start now."""
        self._wake.set()

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self._wake.clear()
            has_more = await self._guarded_tick()
            if has_more:
                await asyncio.sleep(0)
                continue
            period = self._loop.period_seconds * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
            try:
                async with asyncio.timeout(period):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _guarded_tick(self) -> bool:
        try:
            has_more = await self._loop.tick()
        except MlmonError as error:
            self._note_failure(error.detail)
            return False
        except Exception:
            log.exception("loop failed", loop=self._loop.name)
            return False
        if self._is_reported:
            log.info("loop goes on", loop=self._loop.name)
        self._failing_since, self._is_reported = None, False
        self._patience = _PATIENCE_SECONDS
        if self._on_success is not None:
            self._on_success(self._loop.name)
        return has_more

    def _note_failure(self, detail: str) -> None:
        now = self._monotonic()
        if self._failing_since is None:
            self._failing_since = now
        elif not self._is_reported and now - self._failing_since >= self._patience:
            self._is_reported = True
            log.warning("loop cannot go on", loop=self._loop.name, detail=detail)
