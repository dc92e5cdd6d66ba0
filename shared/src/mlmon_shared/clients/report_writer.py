"""The client of report-writer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import quote

from mlmon_shared.clients.transport import Transport
from mlmon_shared.clients.webhooks import DeliveryCalls
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.actions import ActionPage
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.history import (
    AttemptPage,
    EpochGrant,
    EpochRequest,
    HistoryPage,
    OpenBatchPage,
    OpenRunPage,
    ShardDocument,
)
from mlmon_shared.wire.runs import RunDocument


class ReportWriterClient(DeliveryCalls):
    """Typed calls to report-writer; each raises the errors that the service raised."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def begin_epoch(self, request: EpochRequest) -> EpochGrant:
        """Begin an epoch of a shard; the same instance gets the same epoch again."""
        return await self._transport.call(
            EpochGrant, "POST", "/internal/v1/epochs", json=request, repeatable=True
        )

    async def get_shard(self, shard: str) -> ShardDocument:
        """Return how far history has got with each epoch of a shard."""
        return await self._transport.call(
            ShardDocument, "GET", f"/internal/v1/shards/{quote(shard, safe='')}"
        )

    async def list_open_runs(
        self, shard: str, *, cursor: str | None = None, limit: int = 500
    ) -> OpenRunPage:
        """Return a page of runs that are not final or whose batch is not finished."""
        return await self._transport.call(
            OpenRunPage,
            "GET",
            f"/internal/v1/shards/{quote(shard, safe='')}/open-runs",
            params={"cursor": cursor, "limit": limit},
        )

    async def list_open_batches(
        self, shard: str, *, cursor: str | None = None, limit: int = 500
    ) -> OpenBatchPage:
        """Return a page of batches that are not finished, oldest first."""
        return await self._transport.call(
            OpenBatchPage,
            "GET",
            f"/internal/v1/shards/{quote(shard, safe='')}/open-batches",
            params={"cursor": cursor, "limit": limit},
        )

    async def get_run(self, run_id: str) -> RunDocument:
        """Return a run as history has it."""
        path = f"/v1/history/runs/{quote(run_id, safe='')}"
        return await self._transport.call(RunDocument, "GET", path)

    async def list_runs(
        self,
        *,
        batch: str | None = None,
        state: str | None = None,
        job: str | None = None,
        client: str | None = None,
        version: int | None = None,
        ids: Sequence[str] = (),
        visibility: Visibility = EVERYTHING,
        cursor: str | None = None,
        limit: int = 50,
    ) -> HistoryPage:
        """Return a page of runs, newest first, that fit every filter that is given."""
        params = {
            "batch": batch,
            "state": state,
            "job": job,
            "client": client,
            "version": version,
            "id": list(ids) or None,
            **_limits(visibility),
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.call(HistoryPage, "GET", "/v1/history/runs", params=params)

    async def list_attempts(
        self, *, run: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> AttemptPage:
        """Return a page of attempts, newest first."""
        params = {"run": run, "cursor": cursor, "limit": limit}
        return await self._transport.call(AttemptPage, "GET", "/v1/history/attempts", params=params)

    async def get_batch(
        self, batch_id: str, *, visibility: Visibility = EVERYTHING
    ) -> BatchDocument:
        """Return a batch as history has it, when all of its runs are seen."""
        path = f"/v1/history/batches/{quote(batch_id, safe='')}"
        return await self._transport.call(BatchDocument, "GET", path, params=_limits(visibility))

    async def list_batches(
        self,
        *,
        visibility: Visibility = EVERYTHING,
        cursor: str | None = None,
        limit: int = 50,
    ) -> BatchPage:
        """Return a page of batches of which all runs are seen, newest first."""
        params = {"cursor": cursor, "limit": limit, **_limits(visibility)}
        return await self._transport.call(BatchPage, "GET", "/v1/history/batches", params=params)

    async def list_actions(
        self,
        *,
        by: str | None = None,
        action: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ActionPage:
        """Return a page of what people did, newest first, that fits every filter; times aware."""
        params = {
            "by": by,
            "action": action,
            "kind": kind,
            "name": name,
            "since": since.isoformat() if since is not None else None,
            "until": until.isoformat() if until is not None else None,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.call(ActionPage, "GET", "/v1/history/actions", params=params)


def _limits(visibility: Visibility) -> dict[str, list[str] | None]:
    return {"within_clients": _given(visibility.clients), "within_jobs": _given(visibility.jobs)}


def _given(names: Collection[str] | None) -> list[str] | None:
    # No parameter at all would mean every name; nothing has the empty one.
    return None if names is None else sorted(names) or [""]
