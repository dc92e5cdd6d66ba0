"""The client for asyncio and trio programs."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import httpx

from mlmon.arguments import (
    BatchLike,
    RunLike,
    batch_id,
    check_idempotency_key,
    choice,
    definition_content,
    run_id,
)
from mlmon.async_runs import AsyncBatch, AsyncRerun, AsyncRun
from mlmon.catalogs import Catalogs
from mlmon.comparisons import Comparison, compare_runs
from mlmon.connections import resolve_connection
from mlmon.job_definitions import JobDefinitions, canary_request
from mlmon.operations import Operations
from mlmon.outputs import Outputs
from mlmon.progress import open_progress
from mlmon.records import Records
from mlmon.schedules import Schedules
from mlmon.secrets import Secrets
from mlmon.submissions import Submissions
from mlmon.users import Users
from mlmon.waits import wait_batch, wait_run
from mlmon.webhooks import Webhooks
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.health import HealthClient
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.catalog import ApplyResult, ImportResult
from mlmon_shared.wire.catalog_changes import CatalogResult
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.reruns import RerunOnly, RerunScope
from mlmon_shared.wire.runs import RunDocument

if TYPE_CHECKING:
    from mlmon.generated import AuthenticatedClient

_PAGE_SIZE: Final = 200

ResultT = TypeVar("ResultT", ApplyResult, ImportResult, CatalogResult)


class AsyncClient(
    Submissions, Operations, Outputs, Catalogs, JobDefinitions, Schedules, Secrets, Users, Webhooks
):
    """Everything that one does with MLMon, on one server; use it as a context manager.

    Runs and batches are named by their id or by any document of theirs.

    Args:
        server: URL; else that of a profile or `MLMON_URL`, else the standalone server.
        token: Goes before `token_file`; else `MLMON_TOKEN`, `MLMON_TOKEN_FILE`, or the
            standalone server's own.
        token_file: A file with nothing but a token.
        profile: Name of one in `config.toml`; goes before the environment.
        http: An `httpx.AsyncClient` to use instead of one of our own; it is not closed.

    Attributes:
        config_api: Typed calls that return documents and pages as the API does.
        scheduler: As `config_api`, for the scheduler.
        history: As `config_api`, for report-writer.
        health: As `config_api`, for what needs no token.

    Raises:
        ConfigurationError: No server is known, or a setting is unusable.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        token: str | None = None,
        token_file: str | Path | None = None,
        profile: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        connection = resolve_connection(server, token=token, token_file=token_file, profile=profile)
        self._transport = Transport(connection.url, token=connection.token, http=http)
        self.config_api = ConfigApiClient(self._transport)
        self.scheduler = SchedulerClient(self._transport)
        self.history = ReportWriterClient(self._transport)
        self.health = HealthClient(self._transport)

    @property
    def url(self) -> str:
        """Where the server is, without a path."""
        return self._transport.base_url

    @property
    def stale_as_of(self) -> str | None:
        """When an answer was true that rests on a copy, because the server's database was away.

        None while there was none such.
        """
        return self._transport.stale_as_of

    @property
    def generated(self) -> "AuthenticatedClient":
        """What the coroutines of `mlmon.generated.api` take as their `client`."""
        # Most programs, and the command line, start faster without it.
        from mlmon.generated_calls import open_generated  # noqa: PLC0415

        return open_generated(self._transport)

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def apply_job_definition(
        self,
        definition: str | Path | Mapping[str, Any],
        *,
        dry_run: bool = False,
        canary_percent: float | None = None,
        canary_clients: Iterable[str] = (),
        if_match: str | None = None,
    ) -> ApplyResult:
        """Save a job definition, or say what saving would do.

        Args:
            definition: YAML or JSON text, the `Path` of a file with it, or what it says.
            dry_run: Change nothing.
            canary_percent: Let only so many of the clients try the new version.
            canary_clients: Let only these try it, beside the percentage.
            if_match: `etag` of the job as it was read.

        Raises:
            InvalidRequestError: With every fault of the definition and its place.
            PreconditionFailedError: Somebody else has changed the job; with what they did.
        """
        content, content_type = definition_content(definition)
        result = await self.config_api.apply_job_definition(
            content,
            content_type=content_type,
            dry_run=dry_run,
            canary=canary_request(canary_percent, canary_clients),
            if_match=if_match,
        )
        return self._noted(result)

    async def get_run(self, run: RunLike) -> AsyncRun:
        """Return a run as it is now."""
        return self._run(await self.scheduler.get_run(run_id(run)))

    async def wait(
        self, run: RunLike, timeout: float | None = None, *, progress: bool = False
    ) -> AsyncRun:
        """Return a run once it is final.

        Args:
            run: Which.
            timeout: Seconds; without it, however long it takes.
            progress: Show a bar, in a notebook or on a terminal.

        Raises:
            WaitTimeoutError: The time is up; the run goes on.
        """
        with open_progress(is_wanted=progress) as show:
            document = await wait_run(self.scheduler, run_id(run), show, timeout=timeout)
        return self._run(document)

    async def list_runs(
        self,
        *,
        batch: BatchLike | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
    ) -> AsyncGenerator[AsyncRun]:
        """Yield every run that fits the filters, fetching page after page as needed."""
        cursor = None
        while True:
            page = await self.scheduler.list_runs(
                batch=None if batch is None else batch_id(batch),
                state=state,
                job=job,
                client=client,
                cursor=cursor,
                limit=_PAGE_SIZE,
            )
            for run in page.items:
                yield self._run(run)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def cancel(self, run: RunLike) -> AsyncRun:
        """Ask for a run to be cancelled; one that is final stays as it is."""
        return self._run(await self.scheduler.cancel_run(run_id(run)))

    async def rerun(
        self, run: RunLike, *, scope: str = "run", idempotency_key: str | None = None
    ) -> AsyncRerun:
        """Run again what has ended, as new runs.

        Args:
            run: Which.
            scope: `"run"`; or `"downstream"`, with all that waited on it.
            idempotency_key: The same key again makes nothing new.

        Returns:
            `run`; or `batch`, where there are several or the run fans in.
        """
        key = check_idempotency_key(idempotency_key)
        wanted = choice(RerunScope, scope, name="scope")
        made = await self.scheduler.rerun_run(run_id(run), scope=wanted, idempotency_key=key)
        return AsyncRerun.of(made, self)

    async def rerun_batch(
        self, batch: BatchLike, *, only: str = "all", idempotency_key: str | None = None
    ) -> AsyncBatch:
        """Run a finished batch again as a new one; `only="failed"`: what did not succeed."""
        key = check_idempotency_key(idempotency_key)
        wanted = choice(RerunOnly, only, name="only")
        return self._batch(
            await self.scheduler.rerun_batch(batch_id(batch), only=wanted, idempotency_key=key)
        )

    async def get_batch(self, batch: BatchLike) -> AsyncBatch:
        """Return a batch with its counts by state."""
        return self._batch(await self.scheduler.get_batch(batch_id(batch)))

    async def wait_batch(
        self,
        batch: BatchLike,
        on_update: Callable[[BatchDocument], object] | None = None,
        *,
        timeout: float | None = None,
        poll_seconds: float = 0.5,
        progress: bool = False,
    ) -> AsyncBatch:
        """Return a batch once every run of it is final.

        Args:
            batch: Which.
            on_update: Called with the batch at first and after every change.
            timeout: Seconds; without it, however long it takes.
            poll_seconds: Between two looks.
            progress: Show a bar, in a notebook or on a terminal.

        Raises:
            WaitTimeoutError: The time is up; the batch goes on.
        """
        with open_progress(is_wanted=progress) as show:

            def update(found: BatchDocument) -> None:
                for told in (show, on_update):
                    if told is not None:
                        told(found)

            document = await wait_batch(
                self.scheduler, batch_id(batch), update, timeout=timeout, poll_seconds=poll_seconds
            )
        return self._batch(document)

    async def cancel_batch(self, batch: BatchLike) -> AsyncBatch:
        """Ask for every run of a batch that is not final to be cancelled."""
        return self._batch(await self.scheduler.cancel_batch(batch_id(batch)))

    async def explain(self, run: RunLike) -> Explanation:
        """Return what holds a run, its place, and when it is expected to start and end."""
        return await self.scheduler.explain_run(run_id(run))

    async def metrics(
        self,
        *,
        batch: BatchLike | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
    ) -> Records:
        """Return a row for every run that fits the filters, with its parameters and metrics.

        They are columns `params.<name>` and `metrics.<name>`; a run that printed no such metric
        has None there.
        """
        runs = self.list_runs(batch=batch, state=state, job=job, client=client)
        return Records.of_runs([run async for run in runs])

    async def compare(self, *runs: RunLike) -> Comparison:
        """Return runs side by side: versions, parameters, times, outcomes, metrics and files.

        Raises:
            InvalidRequestError: They are less than two, or one is named twice.
        """
        return compare_runs([await self.get_run(run) for run in runs])

    def _run(self, document: RunDocument) -> AsyncRun:
        return AsyncRun.of(document, self)

    def _batch(self, document: BatchDocument) -> AsyncBatch:
        return AsyncBatch.of(document, self)

    def _noted(self, result: ResultT) -> ResultT:
        if not result.is_dry_run:
            known = self.scheduler.config_revision
            self.scheduler.config_revision = max(known, result.config_revision)
        return result
