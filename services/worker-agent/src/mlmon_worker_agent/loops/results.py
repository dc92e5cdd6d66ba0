"""Send results until they are answered."""

from collections.abc import Sequence
from typing import Final

import structlog

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.agent_protocol import Result, ResultsAnswer
from mlmon_shared.wire.registrations import Registered
from mlmon_worker_agent.application.deliver_results import BATCH, ResultDelivery
from mlmon_worker_agent.application.ports import Scheduler
from mlmon_worker_agent.application.sessions import Session

log = structlog.get_logger(__name__)

_PERIOD_SECONDS: Final = 1.0


class ResultLoop:
    """Sends what the journal has unsent; woken at each new result."""

    name = "results"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, *, session: Session, scheduler: Scheduler, delivery: ResultDelivery) -> None:
        self._session = session
        self._scheduler = scheduler
        self._delivery = delivery

    async def tick(self) -> bool:
        """Send one batch."""
        unsent = await self._delivery.list_unsent()
        if not unsent:
            return False
        try:
            await self._send(unsent[:BATCH])
        except InvalidRequestError:
            # One that the scheduler cannot read must not keep back the others.
            await self._send_one_by_one(unsent[:BATCH])
            return False
        return len(unsent) > BATCH

    async def _send(self, results: Sequence[Result]) -> None:
        async def send(registered: Registered) -> ResultsAnswer:
            return await self._scheduler.send_results(registered.session, results)

        answer = await self._session.use(send)
        await self._delivery.apply(answer.answers, epoch=answer.epoch or self._session.epoch)

    async def _send_one_by_one(self, results: Sequence[Result]) -> None:
        for result in results:
            try:
                await self._send([result])
            except InvalidRequestError as error:
                log.error(  # noqa: TRY400 - not our exception, and it is repeated
                    "result refused as malformed; kept",
                    attempt=f"{result.run_id}.{result.attempt}",
                    detail=error.detail,
                )
