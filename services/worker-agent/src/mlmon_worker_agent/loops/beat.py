"""Tell the scheduler regularly, and at each new phase, what is held."""

from typing import Final

from mlmon_shared.wire.agent_protocol import Beat, BeatAnswer
from mlmon_shared.wire.registrations import Registered
from mlmon_worker_agent.application.deliver_results import ResultDelivery
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.obey_directives import obey_directives
from mlmon_worker_agent.application.ports import Scheduler
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.update_agent import AgentUpdater

_AFTER_FAILURE_SECONDS: Final = 1.0


class BeatLoop:
    """Beats; it shares nothing with the work on attempts, so that none can hold it up."""

    name = "beat"

    def __init__(
        self,
        *,
        session: Session,
        scheduler: Scheduler,
        held: HeldAttempts,
        delivery: ResultDelivery,
        host: Host,
        updater: AgentUpdater,
    ) -> None:
        self._session = session
        self._scheduler = scheduler
        self._held = held
        self._delivery = delivery
        self._host = host
        self._updater = updater
        self.period_seconds = _AFTER_FAILURE_SECONDS

    async def tick(self) -> bool:
        """Beat once, and do what the answer says."""
        interval = self.period_seconds
        self.period_seconds = min(interval, _AFTER_FAILURE_SECONDS)
        answer = await self._session.use(self._beat)
        self.period_seconds = answer.next_beat_seconds
        obey_directives(self._held, answer.directives)
        self._updater.want(answer.agent_release)
        if answer.epoch != self._session.epoch:
            await self._session.synchronise()
        else:
            await self._session.note_history(epoch=answer.epoch, watermark=answer.durable_watermark)
            await self._delivery.forget_durable(
                epoch=answer.epoch, watermark=answer.durable_watermark
            )
        return False

    async def _beat(self, registered: Registered) -> BeatAnswer:
        sent_at = self._host.monotonic()
        answer = await self._scheduler.beat(
            Beat(
                session=registered.session,
                held=self._held.list_reported(),
                is_draining=self._held.is_draining,
                gpu_faults=self._held.gpu_faults,
                refusal=self._held.refusal,
                update_fault=self._updater.fault,
            )
        )
        await self._session.note_contact(sent_at)
        return answer
