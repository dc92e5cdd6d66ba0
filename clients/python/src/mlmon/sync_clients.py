"""The client for programs without an event loop."""

from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

import httpx

from mlmon.arguments import BatchLike, RunLike
from mlmon.async_clients import AsyncClient
from mlmon.comparisons import Comparison
from mlmon.errors import ClosedClientError
from mlmon.portals import Portal
from mlmon.records import Records
from mlmon.sync_catalogs import SyncCatalogs
from mlmon.sync_job_definitions import SyncJobDefinitions
from mlmon.sync_operations import SyncOperations
from mlmon.sync_outputs import SyncOutputs
from mlmon.sync_runs import Batch, Rerun, Run
from mlmon.sync_schedules import SyncSchedules
from mlmon.sync_secrets import SyncSecrets
from mlmon.sync_submissions import SyncSubmissions
from mlmon.sync_users import SyncUsers
from mlmon.sync_webhooks import SyncWebhooks
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.runs import RunDocument

if TYPE_CHECKING:
    from mlmon.generated import AuthenticatedClient

P = ParamSpec("P")
T = TypeVar("T")


class Client(
    SyncSubmissions,
    SyncCatalogs,
    SyncJobDefinitions,
    SyncOperations,
    SyncOutputs,
    SyncSchedules,
    SyncSecrets,
    SyncUsers,
    SyncWebhooks,
):
    """Everything that one does with MLMon, on one server; use it as a context manager.

    One that is not closed is closed when nothing refers to it, or when the program ends.

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
        self._streams: set[AsyncGenerator[Any]] = set()
        self._portal = Portal(self, partial(_close, self._inner, self._streams))

    @property
    def url(self) -> str:
        """Where the server is, without a path."""
        return self._inner.url

    @property
    def stale_as_of(self) -> str | None:
        """When an answer was true that rests on a copy, because the server's database was away.

        None while there was none such.
        """
        return self._inner.stale_as_of

    @property
    def generated(self) -> "AuthenticatedClient":
        """What the functions of `mlmon.generated.api` take as their `client`."""
        # Most programs start faster without it.
        from mlmon.generated_calls import open_generated  # noqa: PLC0415

        return open_generated(self._inner._transport, self._portal)  # noqa: SLF001 - one class

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections and end the thread."""
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; doing it again changes nothing."""
        self._portal.close()

    def apply_job_definition(
        self,
        definition: str | Path | Mapping[str, Any],
        *,
        dry_run: bool = False,
        canary_percent: float | None = None,
        canary_clients: Iterable[str] = (),
        if_match: str | None = None,
    ) -> ApplyResult:
        """Save a job definition (text, `Path` or mapping), or say what saving would do."""
        return self._call(
            self._inner.apply_job_definition,
            definition,
            dry_run=dry_run,
            canary_percent=canary_percent,
            canary_clients=canary_clients,
            if_match=if_match,
        )

    def get_run(self, run: RunLike) -> Run:
        """Return a run as it is now."""
        return self._run(self._call(self._inner.get_run, run))

    def wait(self, run: RunLike, timeout: float | None = None, *, progress: bool = False) -> Run:
        """Return a run once it is final; WaitTimeoutError when the seconds are up."""
        return self._run(self._call(self._inner.wait, run, timeout, progress=progress))

    def list_runs(
        self,
        *,
        batch: BatchLike | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
    ) -> Iterator[Run]:
        """Yield every run that fits the filters, fetching page after page as needed."""
        found = self._inner.list_runs(batch=batch, state=state, job=job, client=client)
        return map(self._run, self._iterate(found))

    def cancel(self, run: RunLike) -> Run:
        """Ask for a run to be cancelled; one that is final stays as it is."""
        return self._run(self._call(self._inner.cancel, run))

    def rerun(
        self, run: RunLike, *, scope: str = "run", idempotency_key: str | None = None
    ) -> Rerun:
        """Run again what has ended; `scope="downstream"`: with all that waited on it."""
        made = self._call(self._inner.rerun, run, scope=scope, idempotency_key=idempotency_key)
        return Rerun.of(made, self)

    def rerun_batch(
        self, batch: BatchLike, *, only: str = "all", idempotency_key: str | None = None
    ) -> Batch:
        """Run a finished batch again; `only="failed"`: what did not succeed of it."""
        return self._batch(
            self._call(self._inner.rerun_batch, batch, only=only, idempotency_key=idempotency_key)
        )

    def get_batch(self, batch: BatchLike) -> Batch:
        """Return a batch with its counts by state."""
        return self._batch(self._call(self._inner.get_batch, batch))

    def wait_batch(
        self,
        batch: BatchLike,
        on_update: Callable[[BatchDocument], object] | None = None,
        *,
        timeout: float | None = None,
        poll_seconds: float = 0.5,
        progress: bool = False,
    ) -> Batch:
        """Return a batch once every run of it is final; the callback runs in our thread."""
        return self._batch(
            self._call(
                self._inner.wait_batch,
                batch,
                on_update,
                timeout=timeout,
                poll_seconds=poll_seconds,
                progress=progress,
            )
        )

    def cancel_batch(self, batch: BatchLike) -> Batch:
        """Ask for every run of a batch that is not final to be cancelled."""
        return self._batch(self._call(self._inner.cancel_batch, batch))

    def explain(self, run: RunLike) -> Explanation:
        """Return what holds a run, its place, and when it is expected to start and end."""
        return self._call(self._inner.explain, run)

    def metrics(
        self,
        *,
        batch: BatchLike | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
    ) -> Records:
        """Return a row for every run that fits the filters; see `AsyncClient.metrics`."""
        return self._call(self._inner.metrics, batch=batch, state=state, job=job, client=client)

    def compare(self, *runs: RunLike) -> Comparison:
        """Return runs side by side: versions, parameters, times, outcomes, metrics and files."""
        return self._call(self._inner.compare, *runs)

    def _run(self, document: RunDocument) -> Run:
        return Run.of(document, self)

    def _batch(self, document: BatchDocument) -> Batch:
        return Batch.of(document, self)

    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self._portal.is_closed:
            raise ClosedClientError
        return self._portal.call(method, *args, **kwargs)

    def _iterate(self, stream: AsyncGenerator[T]) -> Iterator[T]:
        async def take() -> list[T]:
            try:
                return [await anext(stream)]
            except StopAsyncIteration:
                return []

        if self._portal.is_closed:
            raise ClosedClientError
        self._streams.add(stream)
        try:
            while found := self._portal.call(take):
                yield from found
        finally:
            self._streams.discard(stream)
            # A closed client's event loop has closed the stream with itself.
            if not self._portal.is_closed:
                self._portal.call(stream.aclose)


async def _close(inner: AsyncClient, streams: set[AsyncGenerator[Any]]) -> None:
    # A loop that ends closes all generators at once, those within others too, and complains.
    for stream in list(streams):
        # Another thread may be in the midst of it: without a connection it comes to its end.
        with suppress(RuntimeError):
            await stream.aclose()
    await inner.aclose()
