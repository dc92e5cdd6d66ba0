"""Show and close breakers of versions of jobs."""

from mlmon_scheduler.application.ports import BreakerStore
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.errors import NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action, ActionKind
from mlmon_shared.wire.breakers import BreakerDocument


class BreakerManager:
    """Lists the breakers that are open, and closes them."""

    def __init__(self, store: BreakerStore, actions: ActionRecorder) -> None:
        self._store = store
        self._actions = actions

    async def list_breakers(self) -> list[BreakerDocument]:
        """Return the breakers that are open, by job and version."""
        return [
            BreakerDocument(
                job=found.job,
                version=found.version,
                reason=found.reason,
                opened_at=found.opened_at,
            )
            for found in await self._store.list_open_breakers()
        ]

    async def get_breaker(self, job: str, version: int) -> BreakerDocument:
        """Return the open breaker of a version of a job.

        Raises:
            NotFoundError: It is not open.
        """
        for found in await self.list_breakers():
            if (found.job, found.version) == (job, version):
                return found
        raise _not_open(job, version)

    async def close_breaker(self, job: str, version: int, principal: Principal) -> None:
        """Close a breaker, with a fresh count of attempts.

        Raises:
            NotFoundError: It is not open.
        """
        breaker = await self.get_breaker(job, version)
        await self._actions.record(
            principal,
            Action.BREAKER_CLOSED,
            ActionKind.BREAKER,
            f"{job}:{version}",
            before={"state": "open", "reason": breaker.reason},
            after={"state": "closed"},
            jobs=[job],
        )
        if not await self._store.close_breaker(job, version, principal.name):
            raise _not_open(job, version)


def _not_open(job: str, version: int) -> NotFoundError:
    return NotFoundError(f"the breaker of version {version} of {job} is not open")
