"""The agent's session with the scheduler: registered, synchronised, renewed when refused."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

import structlog

from mlmon_shared.errors import MlmonError, UnauthenticatedError
from mlmon_shared.wire.registrations import Registered
from mlmon_worker_agent.application.deliver_results import BATCH, ResultDelivery
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.obey_directives import obey_directives
from mlmon_worker_agent.application.ports import AttemptScheduler, Journal
from mlmon_worker_agent.domain.watermarks import KnownHistory

log = structlog.get_logger(__name__)

T = TypeVar("T")
_LONGEST_WAIT_SECONDS: Final = 30.0


class AgentIds(Protocol):
    """Keeps the id that makes a restarted agent the same one."""

    def find_agent_id(self) -> str | None:
        """Return the id given before."""

    def keep_agent_id(self, agent_id: str) -> None:
        """Remember the id."""


class Session:
    """Gives everybody the present session; makes a new one when there is none.

    Attributes:
        epoch: Of the scheduler's state, as last heard; 0 before.
        last_contact: When the last acknowledged beat or sync was sent, on the monotonic clock.
        history: How much of what is held history is known to have.
    """

    def __init__(
        self,
        *,
        scheduler: AttemptScheduler,
        journal: Journal,
        host: Host,
        held: HeldAttempts,
        delivery: ResultDelivery,
        ids: AgentIds,
    ) -> None:
        self._scheduler = scheduler
        self._journal = journal
        self._host = host
        self._held = held
        self._delivery = delivery
        self._ids = ids
        self._registered: Registered | None = None
        self._lock = asyncio.Lock()
        self.epoch = 0
        self.last_contact = host.monotonic()
        self.history = KnownHistory()

    @property
    def registered(self) -> Registered | None:
        """The present session, if there is one."""
        return self._registered

    async def restore_contact(self) -> None:
        """Go on from what an earlier process of this boot knew."""
        found = await self._journal.find_contact()
        if found is not None:
            self.last_contact = min(found, self.last_contact)
        epoch, position = await self._journal.find_watermark()
        self.history.note_watermark(epoch=epoch, position=position)

    async def note_contact(self, sent_at: float) -> None:
        """Note that what was sent at this time was acknowledged."""
        self.last_contact = max(sent_at, self.last_contact)
        await self._journal.record_contact(self.last_contact)

    async def note_history(self, *, epoch: int, watermark: str) -> None:
        """Note what history has, so that also a process to come knows it."""
        self.history.note_watermark(epoch=epoch, position=watermark)
        await self._journal.record_watermark(*self.history.certain)

    async def use(self, call: Callable[[Registered], Awaitable[T]]) -> T:
        """Make a call with the present session; when it is refused, once more with a new one.

        Raises:
            MlmonError: What the call raised.
        """
        registered = await self._current()
        try:
            return await call(registered)
        except UnauthenticatedError as error:
            log.warning("session refused; registering again", detail=error.detail)
            self._drop(registered)
        registered = await self._current()
        try:
            return await call(registered)
        except UnauthenticatedError:
            self._drop(registered)
            raise

    async def synchronise(self) -> None:
        """Tell the scheduler all that is held and journaled.

        Raises:
            MlmonError: It could not be told.
        """
        await self.use(self._synchronise)

    def _drop(self, registered: Registered) -> None:
        if self._registered is registered:
            self._registered = None

    async def _current(self) -> Registered:
        async with self._lock:
            tries = 0
            while self._registered is None:
                try:
                    self._registered = await self._begin()
                except MlmonError as error:
                    if tries == 0:
                        log.warning("cannot register; will go on trying", detail=error.detail)
                    tries += 1
                    await asyncio.sleep(_wait_seconds(tries))
            return self._registered

    async def _begin(self) -> Registered:
        sent_at = self._host.monotonic()
        registered = await self._scheduler.register(agent_id=self._ids.find_agent_id())
        self._ids.keep_agent_id(registered.agent_id)
        self._scheduler.use(registered.token)
        await self._synchronise(registered)
        await self.note_contact(sent_at)
        log.info("registered", agent_id=registered.agent_id, pool=registered.pool)
        return registered

    async def _synchronise(self, registered: Registered) -> None:
        sent_at = self._host.monotonic()
        results = await self._delivery.list_all()
        ended = {(result.run_id, result.attempt, result.fence) for result in results}
        held = [
            each
            for each in self._held.list_reported()
            if (each.run_id, each.attempt, each.fence) not in ended
        ]
        # What is left out of a sync counts as lost, so all but the last results go before it.
        while len(results) > BATCH:
            early = await self._scheduler.send_results(registered.session, results[:BATCH])
            await self._delivery.apply(early.answers, epoch=early.epoch or self.epoch)
            results = results[BATCH:]
        answer = await self._scheduler.sync(registered.session, held, results)
        obey_directives(self._held, answer.directives)
        await self._delivery.apply(answer.answers, epoch=answer.epoch)
        self.epoch = answer.epoch
        self.history.note_adoption(epoch=answer.epoch, position=answer.adopted_at)
        await self.note_history(epoch=answer.epoch, watermark=answer.durable_watermark)
        await self.note_contact(sent_at)


def _wait_seconds(tries: int) -> float:
    longest = min(0.25 * 2**tries, _LONGEST_WAIT_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter
