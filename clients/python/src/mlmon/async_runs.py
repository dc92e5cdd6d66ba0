"""Runs and batches that know the `AsyncClient` they came from."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from mlmon.async_artifacts import AsyncArtifact
from mlmon.html import batch_html, run_html
from mlmon.records import Records
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.reruns import RerunDocument
from mlmon_shared.wire.runs import RunDocument

if TYPE_CHECKING:
    from mlmon.async_clients import AsyncClient


class AsyncRun(RunDocument):
    """A run as it was when the server was asked; its methods ask again."""

    _client: "AsyncClient" = PrivateAttr()

    @classmethod
    def of(cls, document: RunDocument, client: "AsyncClient") -> "AsyncRun":
        """Return the document with the client's methods."""
        run = cls.model_construct(document.model_fields_set, **document.__dict__)
        run._client = client  # noqa: SLF001 - one of our own
        return run

    async def refresh(self) -> "AsyncRun":
        """Return the run as it is now."""
        return await self._client.get_run(self)

    async def wait(self, timeout: float | None = None, *, progress: bool = False) -> "AsyncRun":
        """Return the run once it is final; see `AsyncClient.wait`."""
        return await self._client.wait(self, timeout, progress=progress)

    async def cancel(self) -> "AsyncRun":
        """Ask for the run to be cancelled."""
        return await self._client.cancel(self)

    async def explain(self) -> Explanation:
        """Return what holds the run."""
        return await self._client.explain(self)

    async def rerun(
        self, *, scope: str = "run", idempotency_key: str | None = None
    ) -> "AsyncRerun":
        """Run it again; see `AsyncClient.rerun`."""
        return await self._client.rerun(self, scope=scope, idempotency_key=idempotency_key)

    def logs(self, *, follow: bool = False, attempt: int | None = None) -> AsyncGenerator[str]:
        """Yield the run's log line by line; with `follow`, until the run is final."""
        return self._client.logs(self, follow=follow, attempt=attempt)

    def artifact(self, path: str) -> AsyncArtifact:
        """Return a file that it published; it is fetched when it is read."""
        return self._client.artifact(self, path)

    def _repr_html_(self) -> str:
        return run_html(self)


class AsyncBatch(BatchDocument):
    """A batch as it was when the server was asked; its methods ask again."""

    _client: "AsyncClient" = PrivateAttr()

    @classmethod
    def of(cls, document: BatchDocument, client: "AsyncClient") -> "AsyncBatch":
        """Return the document with the client's methods."""
        batch = cls.model_construct(document.model_fields_set, **document.__dict__)
        batch._client = client  # noqa: SLF001 - one of our own
        return batch

    async def refresh(self) -> "AsyncBatch":
        """Return the batch as it is now."""
        return await self._client.get_batch(self)

    async def wait(self, timeout: float | None = None, *, progress: bool = False) -> "AsyncBatch":
        """Return the batch once every run of it is final; see `AsyncClient.wait_batch`."""
        return await self._client.wait_batch(self, timeout=timeout, progress=progress)

    def runs(self, *, state: str | None = None) -> AsyncGenerator[AsyncRun]:
        """Yield its runs, in order of submission while it is live."""
        return self._client.list_runs(batch=self, state=state)

    async def cancel(self) -> "AsyncBatch":
        """Ask for every run that is not final to be cancelled."""
        return await self._client.cancel_batch(self)

    async def rerun_failed(self, *, idempotency_key: str | None = None) -> "AsyncBatch":
        """Run what did not succeed of the finished batch again, as a new batch."""
        return await self._client.rerun_batch(self, only="failed", idempotency_key=idempotency_key)

    async def metrics(self) -> Records:
        """Return a row a run, with its parameters and metrics; see `AsyncClient.metrics`."""
        return await self._client.metrics(batch=self)

    def _repr_html_(self) -> str:
        return batch_html(self)


class AsyncRerun(RerunDocument):
    """What a re-run made: a run, or a batch where there are several or the run fans in."""

    run: AsyncRun | None = None
    batch: AsyncBatch | None = None

    @classmethod
    def of(cls, document: RerunDocument, client: "AsyncClient") -> "AsyncRerun":
        """Return the document with the client's methods."""
        run, batch = document.run, document.batch
        return cls.model_construct(
            run=None if run is None else AsyncRun.of(run, client),
            batch=None if batch is None else AsyncBatch.of(batch, client),
        )
