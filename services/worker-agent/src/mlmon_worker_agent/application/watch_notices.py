"""Obey what a cloud says beforehand about the end of the host."""

from collections.abc import Callable
from datetime import datetime

import structlog

from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import NoticeBoard
from mlmon_worker_agent.application.supervise_attempts import AttemptSupervisor
from mlmon_worker_agent.domain.attempts import StopKind
from mlmon_worker_agent.domain.host_notices import HostNotice, NoticeKind

log = structlog.get_logger(__name__)


class NoticeWatch:
    """Takes no new attempts after a notice, and ends those that run if the host is lost.

    The agent itself goes on until the host ends: it reports what it ended, and would be given
    new attempts if it came back.

    Args:
        board: Where notices stand.
        held: The attempts of this host.
        supervisor: Ends them.
        clock: Returns the time with its zone.
    """

    def __init__(
        self,
        board: NoticeBoard,
        *,
        held: HeldAttempts,
        supervisor: AttemptSupervisor,
        clock: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._held = held
        self._supervisor = supervisor
        self._clock = clock
        self._heard: HostNotice | None = None

    async def look(self) -> None:
        """Look once.

        Raises:
            ServerUnreachableError: The notices cannot be read.
        """
        notice = await self._board.find_notice()
        if notice is None or not notice.outranks(self._heard):
            return
        self._heard = notice
        now = self._clock()
        reason = notice.explain(now)
        log.warning(
            "notice about the host",
            kind=notice.kind,
            reason=reason,
            attempts=len(self._held.list_working()),
        )
        self._held.is_draining = True
        self._held.drain_reason = reason
        self._held.changed()
        if not notice.ends_attempts:
            return
        is_spot = notice.kind is NoticeKind.INTERRUPTION
        self._supervisor.stop_all(
            StopKind.SPOT if is_spot else StopKind.HOST,
            reason,
            grace=lambda usual: notice.grace_seconds(now, usual),
        )
