"""End attempts when the scheduler has not been heard of for too long."""

from typing import Final

from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.supervise_attempts import AttemptSupervisor

_PERIOD_SECONDS: Final = 0.25


class ContactLoop:
    """Watches the time since the last acknowledged beat; does no I/O that could hang."""

    name = "contact"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, *, session: Session, supervisor: AttemptSupervisor) -> None:
        self._session = session
        self._supervisor = supervisor

    async def tick(self) -> bool:
        """Look once."""
        self._supervisor.stop_out_of_contact(self._session.last_contact, self._session.history)
        return False
