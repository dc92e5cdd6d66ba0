"""The client for programs without an event loop."""

from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

import httpx
from anyio.from_thread import start_blocking_portal

from mlmon.arguments import BatchLike, RunLike
from mlmon.async_clients import AsyncClient
from mlmon.sync_schedules import SyncSchedules
from mlmon.sync_webhooks import SyncWebhooks
from mlmon_shared.wire import catalog
from mlmon_shared.wire.agent_protocol import AgentDocument
from mlmon_shared.wire.batches import BatchDocument, BatchItem
from mlmon_shared.wire.breakers import BreakerDocument
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.queues import QueuesDocument
from mlmon_shared.wire.reruns import RerunDocument
from mlmon_shared.wire.rollouts import CanaryDocument
from mlmon_shared.wire.runs import ArtifactDocument, RunDocument
from mlmon_shared.wire.versions import DefinitionDiff

P = ParamSpec("P")
T = TypeVar("T")


class Client(SyncSchedules, SyncWebhooks):
    """Everything that one does with MLMon, on one server; use it as a context manager.

    It is `mlmon.AsyncClient`, whose docstrings tell more, with an event loop in a thread
    of its own. Threads may share it.

    Args:
        server: URL; else that of a profile or `MLMON_URL`, else the standalone server.
        token: Goes before `token_file`; else `MLMON_TOKEN`, `MLMON_TOKEN_FILE`, or the
            standalone server's own.
        token_file: A file with nothing but a token.
        profile: Name of one in `config.toml`; goes before the environment.
        http: An `httpx.AsyncClient` to use instead of one of our own; it is not closed.

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
        self._inner = AsyncClient(
            server, token=token, token_file=token_file, profile=profile, http=http
        )
        self._running = start_blocking_portal()
        self._portal = self._running.__enter__()
        self._is_closed = False

    @property
    def url(self) -> str:
        """Where the server is, without a path."""
        return self._inner.url

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections and end the thread."""
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; doing it again changes nothing."""
        if self._is_closed:
            return
        self._call(self._inner.aclose)
        self._is_closed = True
        self._running.__exit__(None, None, None)

    def apply_job_definition(
        self,
        definition: str | Path | Mapping[str, Any],
        *,
        dry_run: bool = False,
        canary_percent: float | None = None,
        canary_clients: Iterable[str] = (),
    ) -> catalog.ApplyResult:
        """Save a job definition (text, `Path` or mapping), or say what saving would do."""
        return self._call(
            self._inner.apply_job_definition,
            definition,
            dry_run=dry_run,
            canary_percent=canary_percent,
            canary_clients=canary_clients,
        )

    def diff_job_definition(self, name: str, old: int, new: int) -> DefinitionDiff:
        """Return what changed from the old version to the new one, and who made each."""
        return self._call(self._inner.diff_job_definition, name, old, new)

    def archive_job_definition(self, name: str) -> catalog.ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return self._call(self._inner.archive_job_definition, name)

    def restore_job_definition(self, name: str) -> catalog.ApplyResult:
        """Let an archived job take runs again."""
        return self._call(self._inner.restore_job_definition, name)

    def pin_client(self, name: str, client: str, version: int) -> catalog.ApplyResult:
        """Let a client's new runs of a job use this version, whichever is current."""
        return self._call(self._inner.pin_client, name, client, version)

    def unpin_client(self, name: str, client: str) -> catalog.ApplyResult:
        """Let a client's new runs of a job use the version that others use."""
        return self._call(self._inner.unpin_client, name, client)

    def get_canary(self, name: str) -> CanaryDocument:
        """Return the version of a job that some clients try."""
        return self._call(self._inner.get_canary, name)

    def set_canary(
        self,
        name: str,
        *,
        percent: float | None = None,
        clients: Iterable[str] = (),
        version: int | None = None,
    ) -> catalog.ApplyResult:
        """Change which clients try a version of a job."""
        return self._call(
            self._inner.set_canary, name, percent=percent, clients=clients, version=version
        )

    def roll_back_canary(self, name: str) -> catalog.ApplyResult:
        """Let every client use the current version."""
        return self._call(self._inner.roll_back_canary, name)

    def promote_canary(self, name: str) -> catalog.ApplyResult:
        """Make the version that some clients try the current one of all."""
        return self._call(self._inner.promote_canary, name)

    def put_client(self, client: catalog.Client | Mapping[str, Any]) -> catalog.ApplyResult:
        """Create or change a client."""
        return self._call(self._inner.put_client, client)

    def import_clients(self, file: Path, *, dry_run: bool = False) -> catalog.ImportResult:
        """Create or change many clients, all or none: of a .csv file, or of lines of JSON."""
        return self._call(self._inner.import_clients, file, dry_run=dry_run)

    def pause_client(self, name: str, *, reason: str = "") -> catalog.ApplyResult:
        """Let none of a client's runs start until it is resumed; what runs goes on."""
        return self._call(self._inner.pause_client, name, reason=reason)

    def resume_client(self, name: str) -> catalog.ApplyResult:
        """Let a paused client's runs start again."""
        return self._call(self._inner.resume_client, name)

    def put_pool(self, pool: catalog.Pool | Mapping[str, Any]) -> catalog.ApplyResult:
        """Create or change a pool."""
        return self._call(self._inner.put_pool, pool)

    def put_resource(
        self, resource: catalog.NamedResource | Mapping[str, Any]
    ) -> catalog.ApplyResult:
        """Create or change a named resource, which runs share."""
        return self._call(self._inner.put_resource, resource)

    def submit(
        self,
        job: str,
        *,
        client: str,
        params: Mapping[str, Any] | None = None,
        priority: int | None = None,
        lane: str | None = None,
        version: int | None = None,
        labels: Mapping[str, str] | None = None,
        after: Sequence[RunLike] = (),
        join: str | Mapping[str, int] | None = None,
        on_upstream_failure: str | None = None,
        not_before: datetime | str | None = None,
        start_by: datetime | str | None = None,
        deadline: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> RunDocument:
        """Submit one run; `after` names runs that must succeed first."""
        return self._call(
            self._inner.submit,
            job,
            client=client,
            params=params,
            priority=priority,
            lane=lane,
            version=version,
            labels=labels,
            after=after,
            join=join,
            on_upstream_failure=on_upstream_failure,
            not_before=not_before,
            start_by=start_by,
            deadline=deadline,
            idempotency_key=idempotency_key,
        )

    def submit_batch(
        self,
        items: Iterable[BatchItem | Mapping[str, Any]],
        *,
        name: str = "",
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> BatchDocument:
        """Submit many runs at once: all of them are taken, or none."""
        return self._call(
            self._inner.submit_batch,
            items,
            name=name,
            labels=labels,
            idempotency_key=idempotency_key,
        )

    def get_run(self, run: RunLike) -> RunDocument:
        """Return a run as it is now."""
        return self._call(self._inner.get_run, run)

    def wait(self, run: RunLike, timeout: float | None = None) -> RunDocument:
        """Return a run once it is final; WaitTimeoutError when the seconds are up."""
        return self._call(self._inner.wait, run, timeout)

    def list_runs(
        self,
        *,
        batch: BatchLike | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
    ) -> Iterator[RunDocument]:
        """Yield every run that fits the filters, fetching page after page as needed."""
        return self._iterate(
            self._inner.list_runs(batch=batch, state=state, job=job, client=client)
        )

    def cancel(self, run: RunLike) -> RunDocument:
        """Ask for a run to be cancelled; one that is final stays as it is."""
        return self._call(self._inner.cancel, run)

    def rerun(
        self, run: RunLike, *, scope: str = "run", idempotency_key: str | None = None
    ) -> RerunDocument:
        """Run again what has ended; `scope="downstream"`: with all that waited on it."""
        return self._call(self._inner.rerun, run, scope=scope, idempotency_key=idempotency_key)

    def rerun_batch(
        self, batch: BatchLike, *, only: str = "all", idempotency_key: str | None = None
    ) -> BatchDocument:
        """Run a finished batch again; `only="failed"`: what did not succeed of it."""
        return self._call(
            self._inner.rerun_batch, batch, only=only, idempotency_key=idempotency_key
        )

    def get_batch(self, batch: BatchLike) -> BatchDocument:
        """Return a batch with its counts by state."""
        return self._call(self._inner.get_batch, batch)

    def wait_batch(
        self,
        batch: BatchLike,
        on_update: Callable[[BatchDocument], object] | None = None,
        *,
        timeout: float | None = None,
        poll_seconds: float = 0.5,
    ) -> BatchDocument:
        """Return a batch once every run of it is final; the callback runs in our thread."""
        return self._call(
            self._inner.wait_batch, batch, on_update, timeout=timeout, poll_seconds=poll_seconds
        )

    def cancel_batch(self, batch: BatchLike) -> BatchDocument:
        """Ask for every run of a batch that is not final to be cancelled."""
        return self._call(self._inner.cancel_batch, batch)

    def explain(self, run: RunLike) -> Explanation:
        """Return what holds a run, its place, and when it is expected to start and end."""
        return self._call(self._inner.explain, run)

    def hold(self, run: RunLike) -> RunDocument:
        """Hold a run that waits: it starts nothing until it is released."""
        return self._call(self._inner.hold, run)

    def release(self, run: RunLike) -> RunDocument:
        """Release a held run."""
        return self._call(self._inner.release, run)

    def reprioritise(self, run: RunLike, priority: int) -> RunDocument:
        """Give a run that waits another priority, 0 to 1000; it keeps its age."""
        return self._call(self._inner.reprioritise, run, priority)

    def hold_batch(self, batch: BatchLike) -> BatchDocument:
        """Hold every run of a batch that waits."""
        return self._call(self._inner.hold_batch, batch)

    def release_batch(self, batch: BatchLike) -> BatchDocument:
        """Release every held run of a batch."""
        return self._call(self._inner.release_batch, batch)

    def reprioritise_batch(self, batch: BatchLike, priority: int) -> BatchDocument:
        """Give every run of a batch that waits another priority, 0 to 1000."""
        return self._call(self._inner.reprioritise_batch, batch, priority)

    def logs(
        self, run: RunLike, *, follow: bool = False, attempt: int | None = None
    ) -> Iterator[str]:
        """Yield a run's log line by line; with `follow`, until the run is final."""
        return self._iterate(self._inner.logs(run, follow=follow, attempt=attempt))

    def artifacts(self, run: RunLike) -> list[ArtifactDocument]:
        """Return what a run published."""
        return self._call(self._inner.artifacts, run)

    def download_artifact(self, run: RunLike, path: str, *, to: str | Path | None = None) -> Path:
        """Download one published file, verify its SHA-256, and return where it is."""
        return self._call(self._inner.download_artifact, run, path, to=to)

    def agents(self) -> list[AgentDocument]:
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

    def queues(self) -> QueuesDocument:
        """Return how many runs wait in each queue, at gates and for a time."""
        return self._call(self._inner.queues)

    def breakers(self) -> list[BreakerDocument]:
        """Return versions of jobs that keep failing for infra causes."""
        return self._call(self._inner.breakers)

    def close_breaker(self, job: str, version: int) -> None:
        """Close the breaker of a version of a job, with a fresh count of attempts."""
        self._call(self._inner.close_breaker, job, version)

    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result: T = self._portal.call(partial(method, *args, **kwargs))
        return result

    def _iterate(self, stream: AsyncGenerator[T]) -> Iterator[T]:
        async def take() -> list[T]:
            try:
                return [await anext(stream)]
            except StopAsyncIteration:
                return []

        try:
            while found := self._portal.call(take):
                yield from found
        finally:
            # A closed client's event loop has closed the stream with itself.
            if not self._is_closed:
                self._portal.call(stream.aclose)
