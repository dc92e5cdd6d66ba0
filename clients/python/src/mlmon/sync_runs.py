"""Runs and batches that know the `Client` they came from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from mlmon.html import batch_html, run_html
from mlmon.records import Records
from mlmon.sync_artifacts import Artifact
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.explanations import Explanation
from mlmon_shared.wire.reruns import RerunDocument
from mlmon_shared.wire.runs import RunDocument

if TYPE_CHECKING:
    from mlmon.sync_clients import Client


class Run(RunDocument):
    """A run as it was when the server was asked; its methods ask again."""

    _client: "Client" = PrivateAttr()

    @classmethod
    def of(cls, document: RunDocument, client: "Client") -> "Run":
        """Return the document with the client's methods."""
        run = cls.model_construct(document.model_fields_set, **document.__dict__)
        run._client = client  # noqa: SLF001 - one of our own
        return run

    def refresh(self) -> "Run":
        """Return the run as it is now."""
        return self._client.get_run(self)

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> "Run":
        """Return the run once it is final; see `Client.wait`."""
        return self._client.wait(self, timeout, progress=progress)

    def cancel(self) -> "Run":
        """Ask for the run to be cancelled."""
        return self._client.cancel(self)

    def explain(self) -> Explanation:
        """Return what holds the run."""
        return self._client.explain(self)

    def rerun(self, *, scope: str = "run", idempotency_key: str | None = None) -> "Rerun":
        """Run it again; see `Client.rerun`."""
        return self._client.rerun(self, scope=scope, idempotency_key=idempotency_key)

    def logs(self, *, follow: bool = False, attempt: int | None = None) -> Iterator[str]:
        """Yield the run's log line by line; with `follow`, until the run is final."""
        return self._client.logs(self, follow=follow, attempt=attempt)

    def artifact(self, path: str) -> Artifact:
        """Return a file that it published; it is fetched when it is read."""
        return self._client.artifact(self, path)

    def _repr_html_(self) -> str:
        return run_html(self)


class Batch(BatchDocument):
    """A batch as it was when the server was asked; its methods ask again."""

    _client: "Client" = PrivateAttr()

    @classmethod
    def of(cls, document: BatchDocument, client: "Client") -> "Batch":
        """Return the document with the client's methods."""
        batch = cls.model_construct(document.model_fields_set, **document.__dict__)
        batch._client = client  # noqa: SLF001 - one of our own
        return batch

    def refresh(self) -> "Batch":
        """Return the batch as it is now."""
        return self._client.get_batch(self)

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> "Batch":
        """Return the batch once every run of it is final; see `Client.wait_batch`."""
        return self._client.wait_batch(self, timeout=timeout, progress=progress)

    def runs(self, *, state: str | None = None) -> Iterator[Run]:
        """Yield its runs, in order of submission while it is live."""
        return self._client.list_runs(batch=self, state=state)

    def cancel(self) -> "Batch":
        """Ask for every run that is not final to be cancelled."""
        return self._client.cancel_batch(self)

    def rerun_failed(self, *, idempotency_key: str | None = None) -> "Batch":
        """Run what did not succeed of the finished batch again, as a new batch."""
        return self._client.rerun_batch(self, only="failed", idempotency_key=idempotency_key)

    def metrics(self) -> Records:
        """Return a row a run, with its parameters and metrics; see `AsyncClient.metrics`."""
        return self._client.metrics(batch=self)

    def _repr_html_(self) -> str:
        return batch_html(self)


class Rerun(RerunDocument):
    """What a re-run made: a run, or a batch where there are several or the run fans in."""

    run: Run | None = None
    batch: Batch | None = None

    @classmethod
    def of(cls, document: RerunDocument, client: "Client") -> "Rerun":
        """Return the document with the client's methods."""
        run, batch = document.run, document.batch
        return cls.model_construct(
            run=None if run is None else Run.of(run, client),
            batch=None if batch is None else Batch.of(batch, client),
        )
