"""The client of the scheduler's public API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

import httpx

from mlmon_shared.clients.backfills import BackfillCalls
from mlmon_shared.clients.transport import Transport
from mlmon_shared.ids import new_id
from mlmon_shared.wire.agents import AgentDocument, AgentPage
from mlmon_shared.wire.batches import LINES_TYPE, BatchDocument, BatchPage, BatchSubmission
from mlmon_shared.wire.breakers import BreakerDocument, BreakerPage
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.progress import ProgressReport
from mlmon_shared.wire.queues import QueuesDocument
from mlmon_shared.wire.reruns import RerunDocument, RerunOnly, RerunScope
from mlmon_shared.wire.runs import ArtifactPage, PriorityChange, RunDocument, RunPage, RunSubmission
from mlmon_shared.wire.schedules import FiringPage

CONFIG_REVISION_HEADER: Final = "MLMon-Config-Revision"
IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
_WHOLE_LIMIT: Final = 1000
"""Of items in one JSON document; more are sent as lines, which the server reads as they come."""
_BATCH_SECONDS: Final = 300.0


class SchedulerClient(BackfillCalls):
    """Typed calls to the scheduler; each raises the errors that the service raised.

    Attributes:
        config_revision: The newest revision that this process wrote; sent along, so that a
            scheduler that is behind catches up first.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.config_revision = 0

    async def submit_run(
        self, submission: RunSubmission, *, idempotency_key: str | None = None
    ) -> RunDocument:
        """Submit one run; the same key again returns the same run."""
        return await self._transport.call(
            RunDocument,
            "POST",
            "/v1/runs",
            json=submission,
            headers=self._submission_headers(idempotency_key),
            repeatable=True,
        )

    async def submit_batch(
        self, submission: BatchSubmission, *, idempotency_key: str | None = None
    ) -> BatchDocument:
        """Submit many runs at once, all or none; the same key again returns the same batch."""
        headers = self._submission_headers(idempotency_key)
        body: dict[str, object] = {"json": submission}
        if len(submission.items) > _WHOLE_LIMIT:
            body = {"content": _lines_of(submission)}
            headers["Content-Type"] = LINES_TYPE
        return await self._transport.call(
            BatchDocument,
            "POST",
            "/v1/batches",
            **body,
            headers=headers,
            repeatable=True,
            timeout_seconds=_BATCH_SECONDS,
        )

    async def get_run(self, run_id: str) -> RunDocument:
        """Return a run, live or final."""
        return await self._transport.call(RunDocument, "GET", f"/v1/runs/{quote(run_id, safe='')}")

    async def wait_run(self, run_id: str, *, timeout_seconds: float = 60.0) -> RunDocument:
        """Return the run once it is final, or as it is when the time is up."""
        return await self._transport.call(
            RunDocument,
            "GET",
            f"/v1/runs/{quote(run_id, safe='')}/wait",
            params={"timeout": timeout_seconds},
            timeout_seconds=timeout_seconds + 10.0,
        )

    async def list_runs(
        self,
        *,
        batch: str | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> RunPage:
        """Return a page of runs that fit every filter that is given."""
        return await self._transport.call(
            RunPage,
            "GET",
            "/v1/runs",
            params={
                "batch": batch,
                "state": state,
                "job": job,
                "client": client,
                "cursor": cursor,
                "limit": limit,
            },
        )

    async def report_progress(self, run_id: str, report: ProgressReport) -> None:
        """Say how far an attempt is, with its own token; the same again changes nothing."""
        path = f"/v1/runs/{quote(run_id, safe='')}/progress"
        await self._transport.send("POST", path, json=report, repeatable=True)

    async def cancel_run(self, run_id: str) -> RunDocument:
        """Ask for a run to be cancelled; a final run stays as it is."""
        path = f"/v1/runs/{quote(run_id, safe='')}/cancel"
        return await self._transport.call(RunDocument, "POST", path, repeatable=True)

    async def get_batch(self, batch_id: str) -> BatchDocument:
        """Return a batch with its counts by state."""
        path = f"/v1/batches/{quote(batch_id, safe='')}"
        return await self._transport.call(BatchDocument, "GET", path)

    async def list_batches(self, *, cursor: str | None = None, limit: int = 50) -> BatchPage:
        """Return a page of batches, newest first."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(BatchPage, "GET", "/v1/batches", params=params)

    async def cancel_batch(self, batch_id: str) -> BatchDocument:
        """Ask for every run of a batch that is not final to be cancelled."""
        path = f"/v1/batches/{quote(batch_id, safe='')}/cancel"
        return await self._transport.call(BatchDocument, "POST", path, repeatable=True)

    async def explain_run(self, run_id: str) -> Explanation:
        """Return what holds a run, its place, and when it is expected to start and end."""
        path = f"/v1/runs/{quote(run_id, safe='')}/explain"
        return await self._transport.call(Explanation, "GET", path)

    async def rerun_run(
        self,
        run_id: str,
        *,
        scope: RerunScope = RerunScope.RUN,
        idempotency_key: str | None = None,
    ) -> RerunDocument:
        """Run a run again, alone or with its downstream; the same key again makes nothing new."""
        return await self._transport.call(
            RerunDocument,
            "POST",
            f"/v1/runs/{quote(run_id, safe='')}/rerun",
            params={"scope": scope.value},
            headers=self._submission_headers(idempotency_key),
            repeatable=True,
            timeout_seconds=120.0,
        )

    async def rerun_batch(
        self,
        batch_id: str,
        *,
        only: RerunOnly = RerunOnly.ALL,
        idempotency_key: str | None = None,
    ) -> BatchDocument:
        """Run a finished batch again; the same key again makes nothing new."""
        return await self._transport.call(
            BatchDocument,
            "POST",
            f"/v1/batches/{quote(batch_id, safe='')}/rerun",
            params={"only": only.value},
            headers=self._submission_headers(idempotency_key),
            repeatable=True,
            timeout_seconds=120.0,
        )

    async def hold_run(self, run_id: str) -> RunDocument:
        """Hold a run that waits: it starts nothing until it is released."""
        path = f"/v1/runs/{quote(run_id, safe='')}/hold"
        return await self._transport.call(RunDocument, "POST", path, repeatable=True)

    async def release_run(self, run_id: str) -> RunDocument:
        """Release a held run."""
        path = f"/v1/runs/{quote(run_id, safe='')}/release"
        return await self._transport.call(RunDocument, "POST", path, repeatable=True)

    async def reprioritise_run(self, run_id: str, priority: int) -> RunDocument:
        """Give a run that waits another priority, 0 to 1000."""
        path = f"/v1/runs/{quote(run_id, safe='')}/priority"
        body = PriorityChange(priority=priority)
        return await self._transport.call(RunDocument, "POST", path, json=body, repeatable=True)

    async def hold_batch(self, batch_id: str) -> BatchDocument:
        """Hold every run of a batch that waits: it starts nothing until it is released."""
        path = f"/v1/batches/{quote(batch_id, safe='')}/hold"
        return await self._transport.call(BatchDocument, "POST", path, repeatable=True)

    async def release_batch(self, batch_id: str) -> BatchDocument:
        """Release every held run of a batch."""
        path = f"/v1/batches/{quote(batch_id, safe='')}/release"
        return await self._transport.call(BatchDocument, "POST", path, repeatable=True)

    async def reprioritise_batch(self, batch_id: str, priority: int) -> BatchDocument:
        """Give every run of a batch that waits another priority, 0 to 1000."""
        path = f"/v1/batches/{quote(batch_id, safe='')}/priority"
        body = PriorityChange(priority=priority)
        return await self._transport.call(BatchDocument, "POST", path, json=body, repeatable=True)

    async def list_artifacts(self, run_id: str) -> ArtifactPage:
        """Return what the run published."""
        path = f"/v1/runs/{quote(run_id, safe='')}/artifacts"
        return await self._transport.call(ArtifactPage, "GET", path)

    @asynccontextmanager
    async def open_artifact(self, run_id: str, path: str) -> AsyncIterator[httpx.Response]:
        """Stream one published file."""
        url = f"/v1/runs/{quote(run_id, safe='')}/artifacts/{quote(path)}"
        async with self._transport.stream("GET", url) as response:
            yield response

    @asynccontextmanager
    async def open_logs(
        self, run_id: str, *, follow: bool = False, attempt: int | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Stream a run's log as text; with `follow`, until the run is final."""
        url = f"/v1/runs/{quote(run_id, safe='')}/logs"
        params = {"follow": "true" if follow else None, "attempt": attempt}
        reading = None if follow else 60.0
        async with self._transport.stream(
            "GET", url, params=params, read_timeout_seconds=reading
        ) as response:
            yield response

    async def list_agents(self) -> AgentPage:
        """Return every registered agent."""
        return await self._transport.call(AgentPage, "GET", "/v1/agents")

    async def get_agent(self, agent_id: str) -> AgentDocument:
        """Return a registered agent."""
        path = f"/v1/agents/{quote(agent_id, safe='')}"
        return await self._transport.call(AgentDocument, "GET", path)

    async def drain_agent(self, agent_id: str) -> AgentDocument:
        """Grant an agent nothing more; what it runs goes on."""
        path = f"/v1/agents/{quote(agent_id, safe='')}/drain"
        return await self._transport.call(AgentDocument, "POST", path, repeatable=True)

    async def undrain_agent(self, agent_id: str) -> AgentDocument:
        """Grant an agent work again."""
        path = f"/v1/agents/{quote(agent_id, safe='')}/undrain"
        return await self._transport.call(AgentDocument, "POST", path, repeatable=True)

    async def release_agent(self, agent_id: str) -> AgentDocument:
        """End an agent's quarantine."""
        path = f"/v1/agents/{quote(agent_id, safe='')}/release"
        return await self._transport.call(AgentDocument, "POST", path, repeatable=True)

    async def overview_queues(self) -> QueuesDocument:
        """Return how many runs wait in each queue, at gates and for a time."""
        return await self._transport.call(QueuesDocument, "GET", "/v1/queues")

    async def list_firings(self, *, job: str | None = None, limit: int = 50) -> FiringPage:
        """Return what the last slots of schedules came to, the newest first."""
        return await self._transport.call(
            FiringPage, "GET", "/v1/firings", params={"job": job, "limit": limit}
        )

    async def list_breakers(self) -> BreakerPage:
        """Return every breaker that is open."""
        return await self._transport.call(BreakerPage, "GET", "/v1/breakers")

    async def get_breaker(self, job: str, version: int) -> BreakerDocument:
        """Return the breaker of a version of a job, if it is open."""
        path = f"/v1/breakers/{quote(job, safe='')}/{version}"
        return await self._transport.call(BreakerDocument, "GET", path)

    async def close_breaker(self, job: str, version: int) -> None:
        """Close the breaker of a version of a job."""
        await self._transport.send("POST", f"/v1/breakers/{quote(job, safe='')}/{version}/close")

    def _submission_headers(self, idempotency_key: str | None) -> dict[str, str]:
        headers = {IDEMPOTENCY_HEADER: idempotency_key or new_id()}
        if self.config_revision:
            headers[CONFIG_REVISION_HEADER] = str(self.config_revision)
        return headers


def _lines_of(submission: BatchSubmission) -> bytes:
    head = submission.model_dump_json(by_alias=True, exclude_unset=True, exclude={"items"})
    items = (item.model_dump_json(by_alias=True, exclude_unset=True) for item in submission.items)
    return "\n".join((head, *items, "")).encode()
