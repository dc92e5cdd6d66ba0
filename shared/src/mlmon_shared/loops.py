"""Background loops: one `tick` again and again, jittered, woken early when there is news."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

import structlog

from mlmon_shared.errors import MlmonError

log = structlog.get_logger(__name__)


class Ticking(Protocol):
    """One unit of a loop's work."""

    name: str
    period_seconds: float

    async def tick(self) -> bool:
        """Do one bounded piece of work; True asks for the next at once."""


class LoopRunner:
    """Runs a loop's ticks until it is cancelled; a tick that raises is logged and repeated.

    Args:
        loop: What to run.
        on_success: Called after each good tick, for a metric.
    """

    def __init__(self, loop: Ticking, *, on_success: Callable[[str], None] | None = None) -> None:
        self._loop = loop
        self._on_success = on_success
        self._wake = asyncio.Event()
        self._is_failing = False

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
            if not self._is_failing:
                log.warning("loop cannot go on", loop=self._loop.name, detail=error.detail)
            self._is_failing = True
            return False
        except Exception:
            log.exception("loop failed", loop=self._loop.name)
            self._is_failing = True
            return False
        if self._is_failing:
            log.info("loop goes on", loop=self._loop.name)
        self._is_failing = False
        if self._on_success is not None:
            self._on_success(self._loop.name)
        return has_more
