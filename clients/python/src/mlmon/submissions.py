"""Submit runs and batches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from mlmon.arguments import RunLike, check_idempotency_key, run_id
from mlmon.async_runs import AsyncBatch, AsyncRun
from mlmon.bindings import Bindings
from mlmon.drafts import AsyncBatchDraft
from mlmon.errors import InvalidRequestError
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.validation import validate

ParamsOf: TypeAlias = Callable[[str], Mapping[str, Any]]
"""Returns the parameters of a client's run, by the client's name."""
_PAGE_SIZE: Final = 200


class Submissions(Bindings):
    """The part of `AsyncClient` that creates runs.

    Attributes:
        config_api: The typed client of config-api.
        scheduler: The typed client of the scheduler.
    """

    config_api: ConfigApiClient
    scheduler: SchedulerClient

    async def submit(
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
    ) -> AsyncRun:
        """Submit one run.

        Args:
            job: Name of the job definition.
            client: For whom.
            params: The definition's defaults are filled in by the server.
            priority: 0 to 1000; the definition's when left out.
            lane: `critical` to `backfill`; the definition's when left out.
            version: Of the definition; the current one when left out.
            labels: Free to choose.
            after: A run, or several, that must succeed first.
            join: How many dependencies: `"all"`, `"any"` or `{"n_of": 2}`.
            on_upstream_failure: `"skip"`, `"run"` or `"hold"`, once so many never will be met.
            not_before: It starts no sooner. Times have an offset: `2027-01-01T06:00:00Z`.
            start_by: It expires unless it has started by then.
            deadline: By then it shall have ended; when little time is left, it goes first.
            idempotency_key: The same key again returns the same run.
        """
        upstreams = [after] if isinstance(after, RunLike) else after
        given = {
            "params": dict(params) if params else None,
            "priority": priority,
            "lane": lane,
            "version": version,
            "labels": dict(labels) if labels else None,
            "depends_on": [{"run": run_id(run)} for run in upstreams] or None,
            "join": join,
            "on_upstream_failure": on_upstream_failure,
            "not_before": not_before,
            "start_by": start_by,
            "deadline": deadline,
        }
        fields = {name: value for name, value in given.items() if value is not None}
        submission = validate(RunSubmission, {"job": job, "client": client, **fields})
        key = check_idempotency_key(idempotency_key)
        return self._run(await self.scheduler.submit_run(submission, idempotency_key=key))

    async def submit_batch(
        self,
        items: Iterable[BatchItem | Mapping[str, Any]],
        *,
        name: str = "",
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncBatch:
        """Submit many runs at once: all of them are taken, or none.

        Args:
            items: Each with a `key` of its own; `depends_on` names other items' keys.
            name: Shown to people.
            labels: Free to choose.
            idempotency_key: The same key again returns the same batch.

        Raises:
            InvalidRequestError: With every fault and its place, such as `/items/3/job`.
        """
        fields: dict[str, Any] = {"name": name, "items": list(items)}
        if labels:
            fields["labels"] = dict(labels)
        submission = validate(BatchSubmission, fields)
        key = check_idempotency_key(idempotency_key)
        return self._batch(await self.scheduler.submit_batch(submission, idempotency_key=key))

    def batch(self, name: str = "", *, labels: Mapping[str, str] | None = None) -> AsyncBatchDraft:
        """Return an empty batch: `add` runs to it, then `submit` it.

        Args:
            name: Shown to people.
            labels: Free to choose.
        """
        return AsyncBatchDraft(self, name, labels)

    async def map(
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
    ) -> AsyncBatch:
        """Submit one run of a job for each client, as a batch; a run's key is its client.

        Args:
            job: Name of the job definition.
            clients: Their names; or leave them out, and say `client_labels`.
            client_labels: Every client with all of these labels.
            params: The same for all; or a function of the client's name that returns them.
            priority: 0 to 1000; the definition's when left out.
            lane: `critical` to `backfill`; the definition's when left out.
            version: Of the definition; the current one when left out.
            deadline: By then they shall have ended.
            name: Of the batch; the job's when left out.
            labels: Of the batch.
            idempotency_key: The same key again returns the same batch.

        Raises:
            InvalidRequestError: Both or neither of `clients` and `client_labels` are given, a
                client is named twice, or there is none.
        """
        if (clients is None) == (client_labels is None):
            raise InvalidRequestError("say either clients=[…] or client_labels={…}")
        names = await self._clients_with(client_labels) if clients is None else list(clients)
        if not names:
            wanted = " ".join(f"{key}={value}" for key, value in (client_labels or {}).items())
            raise InvalidRequestError(
                f"no client has the labels {wanted}" if wanted else "clients= names no client"
            )
        draft = self.batch(name or job, labels=labels)
        for client in names:
            draft.add(
                job,
                client=client,
                key=client,
                params=params(client) if callable(params) else params,
                priority=priority,
                lane=lane,
                version=version,
                deadline=deadline,
            )
        return await draft.submit(idempotency_key=idempotency_key)

    async def _clients_with(self, labels: Mapping[str, str] | None) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            page = await self.config_api.list_clients(
                labels=labels, cursor=cursor, limit=_PAGE_SIZE
            )
            found += [client.name for client in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found
