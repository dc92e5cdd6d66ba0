"""Submit runs and batches."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlmon.arguments import RunLike, check_idempotency_key, run_id
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.batches import BatchDocument, BatchItem, BatchSubmission
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from mlmon_shared.wire.validation import validate


class Submissions:
    """The part of `AsyncClient` that creates runs.

    Attributes:
        scheduler: The typed client of the scheduler.
    """

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
        after: Sequence[RunLike] = (),
        join: str | Mapping[str, int] | None = None,
        on_upstream_failure: str | None = None,
        not_before: datetime | str | None = None,
        start_by: datetime | str | None = None,
        deadline: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> RunDocument:
        """Submit one run.

        Args:
            job: Name of the job definition.
            client: For whom.
            params: The definition's defaults are filled in by the server.
            priority: 0 to 1000; the definition's when left out.
            lane: `critical` to `backfill`; the definition's when left out.
            version: Of the definition; the current one when left out.
            labels: Free to choose.
            after: Runs that must succeed first.
            join: How many dependencies: `"all"`, `"any"` or `{"n_of": 2}`.
            on_upstream_failure: `"skip"`, `"run"` or `"hold"`, once so many never will be met.
            not_before: It starts no sooner. Times have an offset: `2027-01-01T06:00:00Z`.
            start_by: It expires unless it has started by then.
            deadline: By then it shall have ended; when little time is left, it goes first.
            idempotency_key: The same key again returns the same run.
        """
        given = {
            "params": dict(params) if params else None,
            "priority": priority,
            "lane": lane,
            "version": version,
            "labels": dict(labels) if labels else None,
            "depends_on": [{"run": run_id(run)} for run in after] or None,
            "join": join,
            "on_upstream_failure": on_upstream_failure,
            "not_before": not_before,
            "start_by": start_by,
            "deadline": deadline,
        }
        fields = {name: value for name, value in given.items() if value is not None}
        submission = validate(RunSubmission, {"job": job, "client": client, **fields})
        key = check_idempotency_key(idempotency_key)
        return await self.scheduler.submit_run(submission, idempotency_key=key)

    async def submit_batch(
        self,
        items: Iterable[BatchItem | Mapping[str, Any]],
        *,
        name: str = "",
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> BatchDocument:
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
        return await self.scheduler.submit_batch(submission, idempotency_key=key)
