"""How the agent ends: first it drains, then it stops what still runs."""

import asyncio
from typing import Final

import structlog

from mlmon_shared.errors import MlmonError
from mlmon_worker_agent.application.deliver_results import ResultDelivery
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.ports import Scheduler
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.supervise_attempts import AttemptSupervisor
from mlmon_worker_agent.domain.attempts import StopKind

log = structlog.get_logger(__name__)

_FAREWELL_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_REASON: Final = "The host goes away, or its agent was told to stop."


class Shutdown:
    """What was asked for: the first request drains, the second stops."""

    def __init__(self) -> None:
        self._drains = asyncio.Event()
        self._stops = asyncio.Event()

    def request(self) -> None:
        """Drain; asked again, stop."""
        if self._drains.is_set():
            self._stops.set()
        self._drains.set()

    def request_stop(self) -> None:
        """Drain and stop at once."""
        self._drains.set()
        self._stops.set()

    async def wait_for_drain(self) -> None:
        """Wait for the first request."""
        await self._drains.wait()

    async def wait_for_stop(self) -> None:
        """Wait for the second request."""
        await self._stops.wait()


class Farewell:
    """Takes the agent out of service.

    Args:
        grace_seconds: How long attempts may go on after the first request; None is for ever.
    """

    def __init__(
        self,
        *,
        shutdown: Shutdown,
        scheduler: Scheduler,
        session: Session,
        held: HeldAttempts,
        supervisor: AttemptSupervisor,
        delivery: ResultDelivery,
        grace_seconds: float | None,
    ) -> None:
        self._shutdown = shutdown
        self._scheduler = scheduler
        self._session = session
        self._held = held
        self._supervisor = supervisor
        self._delivery = delivery
        self._grace_seconds = grace_seconds

    async def drain(self) -> None:
        """Take no new attempt; return when none runs, or when the patience is at its end."""
        self._held.is_draining = True
        self._held.changed()
        log.info("draining", attempts=len(self._held.list_working()))
        telling = asyncio.create_task(self._tell(is_last=False))
        idle = asyncio.create_task(self._supervisor.wait_until_idle())
        stop = asyncio.create_task(self._shutdown.wait_for_stop())
        await asyncio.wait(
            {idle, stop}, timeout=self._grace_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (telling, idle, stop):
            task.cancel()
        await asyncio.gather(telling, idle, stop, return_exceptions=True)

    async def leave(self) -> None:
        """Stop what still runs, report it if the scheduler can be reached, and deregister."""
        self._supervisor.stop_all(StopKind.HOST, _REASON)
        await self._supervisor.wait_until_idle()
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while await self._delivery.list_unsent():  # noqa: ASYNC110 - the journal is asked
                    await asyncio.sleep(_POLL_SECONDS)
                await self._tell(is_last=True)
        except TimeoutError:
            log.warning("scheduler not reached; results stay in the journal")

    async def _tell(self, *, is_last: bool) -> None:
        registered = self._session.registered
        if registered is None:
            return
        try:
            if is_last:
                await self._scheduler.deregister(registered.session)
            else:
                await self._scheduler.drain(registered.session)
        except MlmonError as error:
            log.warning("scheduler not told", is_last=is_last, detail=error.detail)
