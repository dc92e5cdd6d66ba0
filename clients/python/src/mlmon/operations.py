"""What operators change: what waits, agents and breakers; and who changed what."""

from datetime import datetime

from mlmon.arguments import BatchLike, RunLike, batch_id, choice, run_id
from mlmon.async_runs import AsyncBatch, AsyncRun
from mlmon.bindings import Bindings
from mlmon.listings import Listing
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.breakers import BreakerDocument
from mlmon_shared.wire.queues import QueuesDocument


class Operations(Bindings):
    """The part of `AsyncClient` for holding, ordering and repairing.

    Attributes:
        scheduler: The typed client of the scheduler.
        history: The typed client of report-writer.
    """

    scheduler: SchedulerClient
    history: ReportWriterClient

    async def hold(self, run: RunLike) -> AsyncRun:
        """Hold a run that waits: it starts nothing until it is released."""
        return self._run(await self.scheduler.hold_run(run_id(run)))

    async def release(self, run: RunLike) -> AsyncRun:
        """Release a held run."""
        return self._run(await self.scheduler.release_run(run_id(run)))

    async def reprioritise(self, run: RunLike, priority: int) -> AsyncRun:
        """Give a run that waits another priority, 0 to 1000; it keeps its age."""
        return self._run(await self.scheduler.reprioritise_run(run_id(run), priority))

    async def hold_batch(self, batch: BatchLike) -> AsyncBatch:
        """Hold every run of a batch that waits."""
        return self._batch(await self.scheduler.hold_batch(batch_id(batch)))

    async def release_batch(self, batch: BatchLike) -> AsyncBatch:
        """Release every held run of a batch."""
        return self._batch(await self.scheduler.release_batch(batch_id(batch)))

    async def reprioritise_batch(self, batch: BatchLike, priority: int) -> AsyncBatch:
        """Give every run of a batch that waits another priority, 0 to 1000."""
        return self._batch(await self.scheduler.reprioritise_batch(batch_id(batch), priority))

    async def agents(self) -> Listing[AgentDocument]:
        """Return every registered agent."""
        return Listing((await self.scheduler.list_agents()).items)

    async def drain_agent(self, agent: str) -> AgentDocument:
        """Grant an agent nothing more, until `undrain_agent`; what it runs goes on."""
        return await self.scheduler.drain_agent(agent)

    async def undrain_agent(self, agent: str) -> AgentDocument:
        """Grant an agent work again."""
        return await self.scheduler.undrain_agent(agent)

    async def release_agent(self, agent: str) -> AgentDocument:
        """End the quarantine of an agent whose host failed several jobs."""
        return await self.scheduler.release_agent(agent)

    async def actions(
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
        """Return the last things that people did to runs and hosts, the newest first.

        Args:
            by: Name of the token or user.
            action: Such as `"cancelled"`, `"held"` or `"drained"`.
            kind: `"run"`, `"batch"`, `"agent"`, `"breaker"` or `"backfill"`.
            name: Id of the thing; of a breaker `<job>:<version>`.
            since: Not before this time, aware.
            until: Before this time, aware.
            limit: At most so many, up to 200.
        """
        page = await self.history.list_actions(
            by=by,
            action=choice(Action, action, name="action") if action is not None else None,
            kind=choice(ActionKind, kind, name="kind") if kind is not None else None,
            name=name,
            since=since,
            until=until,
            limit=limit,
        )
        return Listing(page.items)

    async def queues(self) -> QueuesDocument:
        """Return how many runs wait in each queue, at gates and for a time."""
        return await self.scheduler.overview_queues()

    async def breakers(self) -> Listing[BreakerDocument]:
        """Return versions of jobs that keep failing for infra causes."""
        return Listing((await self.scheduler.list_breakers()).items)

    async def breaker(self, job: str, version: int) -> BreakerDocument:
        """Return the breaker of a version of a job; NotFoundError if it is not open."""
        return await self.scheduler.get_breaker(job, version)

    async def close_breaker(self, job: str, version: int) -> None:
        """Close the breaker of a version of a job, with a fresh count of attempts."""
        await self.scheduler.close_breaker(job, version)
