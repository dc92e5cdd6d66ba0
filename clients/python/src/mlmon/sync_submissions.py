"""The part of `Client` that creates runs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlmon.arguments import RunLike
from mlmon.drafts import BatchDraft
from mlmon.submissions import ParamsOf
from mlmon.sync_bindings import SyncBindings
from mlmon.sync_runs import Batch, Run
from mlmon_shared.wire.batches import BatchItem


class SyncSubmissions(SyncBindings):
    """Submitting runs and batches; `mlmon.submissions` tells more."""

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
        after: RunLike | Sequence[RunLike] = (),
        join: str | Mapping[str, int] | None = None,
        on_upstream_failure: str | None = None,
        not_before: datetime | str | None = None,
        start_by: datetime | str | None = None,
        deadline: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Submit one run; `after` names a run, or several, that must succeed first."""
        return self._run(
            self._call(
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
        )

    def submit_batch(
        self,
        items: Iterable[BatchItem | Mapping[str, Any]],
        *,
        name: str = "",
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Submit many runs at once: all of them are taken, or none."""
        return self._batch(
            self._call(
                self._inner.submit_batch,
                items,
                name=name,
                labels=labels,
                idempotency_key=idempotency_key,
            )
        )

    def batch(self, name: str = "", *, labels: Mapping[str, str] | None = None) -> BatchDraft:
        """Return an empty batch: `add` runs to it, then `submit` it."""
        return BatchDraft(self, name, labels)

    def map(
        self,
        job: str,
        *,
        clients: Iterable[str] | None = None,
        client_labels: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | ParamsOf | None = None,
        priority: int | None = None,
        lane: str | None = None,
        version: int | None = None,
        deadline: datetime | str | None = None,
        name: str = "",
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Submit one run of a job for each client, as a batch; see `AsyncClient.map`."""
        return self._batch(
            self._call(
                self._inner.map,
                job,
                clients=clients,
                client_labels=client_labels,
                params=params,
                priority=priority,
                lane=lane,
                version=version,
                deadline=deadline,
                name=name,
                labels=labels,
                idempotency_key=idempotency_key,
            )
        )
