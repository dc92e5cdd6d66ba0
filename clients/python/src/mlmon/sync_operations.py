"""The part of `Client` for holding, ordering and repairing."""

from datetime import datetime

from mlmon.arguments import BatchLike, RunLike
from mlmon.listings import Listing
from mlmon.sync_bindings import SyncBindings
from mlmon.sync_runs import Batch, Run
from mlmon_shared.wire.actions import ActionDocument
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.breakers import BreakerDocument
from mlmon_shared.wire.queues import QueuesDocument


class SyncOperations(SyncBindings):
    """What operators change; `mlmon.operations` tells more."""

    def hold(self, run: RunLike) -> Run:
        """Hold a run that waits: it starts nothing until it is released."""
        return self._run(self._call(self._inner.hold, run))

    def release(self, run: RunLike) -> Run:
        """Release a held run."""
        return self._run(self._call(self._inner.release, run))

    def reprioritise(self, run: RunLike, priority: int) -> Run:
        """Give a run that waits another priority, 0 to 1000; it keeps its age."""
        return self._run(self._call(self._inner.reprioritise, run, priority))

    def hold_batch(self, batch: BatchLike) -> Batch:
        """Hold every run of a batch that waits."""
        return self._batch(self._call(self._inner.hold_batch, batch))

    def release_batch(self, batch: BatchLike) -> Batch:
        """Release every held run of a batch."""
        return self._batch(self._call(self._inner.release_batch, batch))

    def reprioritise_batch(self, batch: BatchLike, priority: int) -> Batch:
        """Give every run of a batch that waits another priority, 0 to 1000."""
        return self._batch(self._call(self._inner.reprioritise_batch, batch, priority))

    def agents(self) -> Listing[AgentDocument]:
        """Return every registered agent."""
        return self._call(self._inner.agents)

    def drain_agent(self, agent: str) -> AgentDocument:
        """Grant an agent nothing more, until `undrain_agent`; what it runs goes on."""
        return self._call(self._inner.drain_agent, agent)

    def undrain_agent(self, agent: str) -> AgentDocument:
        """Grant an agent work again."""
        return self._call(self._inner.undrain_agent, agent)

    def release_agent(self, agent: str) -> AgentDocument:
        """End the quarantine of an agent whose host failed several jobs."""
        return self._call(self._inner.release_agent, agent)

    def actions(
        self,
        *,
        by: str | None = None,
        action: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> Listing[ActionDocument]:
        """Return the last things that people did to runs and hosts, the newest first."""
        return self._call(
            self._inner.actions,
            by=by,
            action=action,
            kind=kind,
            name=name,
            since=since,
            until=until,
            limit=limit,
        )

    def queues(self) -> QueuesDocument:
        """Return how many runs wait in each queue, at gates and for a time."""
        return self._call(self._inner.queues)

    def breakers(self) -> Listing[BreakerDocument]:
        """Return versions of jobs that keep failing for infra causes."""
        return self._call(self._inner.breakers)

    def breaker(self, job: str, version: int) -> BreakerDocument:
        """Return the breaker of a version of a job; NotFoundError if it is not open."""
        return self._call(self._inner.breaker, job, version)

    def close_breaker(self, job: str, version: int) -> None:
        """Close the breaker of a version of a job, with a fresh count of attempts."""
        self._call(self._inner.close_breaker, job, version)
