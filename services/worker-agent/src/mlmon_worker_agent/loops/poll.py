"""Keep one poll parked at the scheduler, for grants and directives."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.agent_protocol import PollAnswer, Vector
from mlmon_shared.wire.registrations import Registered
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.obey_directives import obey_directives
from mlmon_worker_agent.application.ports import Scheduler
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.supervise_attempts import AttemptSupervisor
from mlmon_worker_agent.domain.disk_space import LEAST_DISK

_MOST_GRANTS: Final = 16
_SHORTEST_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 15.0
_SHORT_OF_DISK_SECONDS: Final = 2.0


class PollLoop:
    """Polls without pause; a poll is parked also when the agent is full or drains.

    When what is free changes, the parked poll is given up and sent again with the same
    number: a scheduler that had already answered it then answers the same. A disk that others
    have filled is not offered; how much of it is free is measured at each poll.

    Args:
        images: Returns names of images that are on the host.
    """

    name = "poll"

    def __init__(
        self,
        *,
        session: Session,
        scheduler: Scheduler,
        held: HeldAttempts,
        supervisor: AttemptSupervisor,
        host: Host,
        images: Callable[[], Sequence[str]],
    ) -> None:
        self._images = images
        self._host = host
        self._session = session
        self._scheduler = scheduler
        self._held = held
        self._supervisor = supervisor
        self._numbered_session = ""
        self._seq = 1
        self._offer: tuple[Vector, int] | None = None
        self._changed = asyncio.Event()
        self.period_seconds = _SHORTEST_SECONDS
        held.call_on_change(self._note_change)

    async def tick(self) -> bool:
        """Make one poll, and do what it says."""
        begun = time.monotonic()
        try:
            answer = await self._poll_until_change()
        except MlmonError:
            self.period_seconds = min(max(self.period_seconds, 0.25) * 2, _LONGEST_WAIT_SECONDS)
            raise
        self.period_seconds = _SHORTEST_SECONDS
        if answer is None:
            return True
        self._seq += 1
        for grant in answer.grants:
            self._supervisor.take(grant)
        obey_directives(self._held, answer.directives)
        # A directive is repeated until it is done: do not ask for it without pause.
        return bool(answer.grants) or time.monotonic() - begun > _SHORTEST_SECONDS

    async def _poll_until_change(self) -> PollAnswer | None:
        polling = asyncio.create_task(self._session.use(self._poll))
        changing = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({polling, changing}, return_when=asyncio.FIRST_COMPLETED)
            return polling.result() if polling.done() else None
        finally:
            for task in (polling, changing):
                task.cancel()
            await asyncio.gather(polling, changing, return_exceptions=True)
            self._offer = None

    async def _poll(self, registered: Registered) -> PollAnswer:
        if registered.session != self._numbered_session:
            self._numbered_session, self._seq = registered.session, 1
        free, maximum = self._offer = self._present_offer()
        self._changed.clear()
        disk = self._host.free_disk()
        is_short = disk < max(free.disk, LEAST_DISK)
        timeout = registered.poll_timeout_seconds
        return await self._scheduler.poll(
            registered.session,
            seq=self._seq,
            free=free.model_copy(update={"disk": min(free.disk, disk)}),
            maximum=0 if disk < LEAST_DISK else maximum,
            images=self._images(),
            timeout_seconds=min(timeout, _SHORT_OF_DISK_SECONDS) if is_short else timeout,
        )

    def _present_offer(self) -> tuple[Vector, int]:
        held = self._held
        takes_none = held.is_draining or held.is_full or bool(held.refusal)
        return held.free(), 0 if takes_none else _MOST_GRANTS

    def _note_change(self) -> None:
        if self._offer is not None and self._offer != self._present_offer():
            self._changed.set()
