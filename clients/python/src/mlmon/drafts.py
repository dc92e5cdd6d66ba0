"""A batch while it is put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from mlmon.arguments import RunLike, run_id
from mlmon.errors import InvalidRequestError

if TYPE_CHECKING:
    from mlmon.async_runs import AsyncBatch
    from mlmon.submissions import Submissions
    from mlmon.sync_runs import Batch
    from mlmon.sync_submissions import SyncSubmissions


@dataclass(frozen=True, eq=False)
class DraftItem:
    """A run that is not submitted yet; others of its batch may name it in `after`.

    Attributes:
        key: Unique in the batch.
        fields: As `submit_batch` takes them.
    """

    key: str
    fields: Mapping[str, Any]


Upstream: TypeAlias = DraftItem | RunLike


class Draft:
    """The part of both drafts that needs no server.

    Args:
        name: Shown to people.
        labels: Of the batch.
    """

    def __init__(self, name: str = "", labels: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.labels = dict(labels or {})
        self._items: dict[str, DraftItem] = {}

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> list[DraftItem]:
        """Everything added so far, in that order."""
        return list(self._items.values())

    def add(
        self,
        job: str,
        *,
        client: str,
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        after: Upstream | Sequence[Upstream] = (),
        priority: int | None = None,
        lane: str | None = None,
        version: int | None = None,
        labels: Mapping[str, str] | None = None,
        join: str | Mapping[str, int] | None = None,
        on_upstream_failure: str | None = None,
        not_before: datetime | str | None = None,
        start_by: datetime | str | None = None,
        deadline: datetime | str | None = None,
    ) -> DraftItem:
        """Add a run; see `AsyncClient.submit`.

        Args:
            job: Name of the job definition.
            client: For whom.
            params: The definition's defaults are filled in by the server.
            key: Unique in the batch; `job/client` when left out, with a number if need be.
            after: Items of this draft, or runs that exist already, that must succeed first.
            priority: As for a run alone; so are all that follow.
            lane: See above.
            version: See above.
            labels: See above.
            join: See above.
            on_upstream_failure: See above.
            not_before: See above.
            start_by: See above.
            deadline: See above.

        Raises:
            InvalidRequestError: The key is taken, or `after` names an item of another draft.
        """
        if key is not None and key in self._items:
            raise InvalidRequestError(f'the key "{key}" is taken; keys are unique in a batch')
        upstreams = [after] if isinstance(after, DraftItem | RunLike) else after
        given = {
            "params": dict(params) if params else None,
            "depends_on": [self._edge(upstream) for upstream in upstreams] or None,
            "priority": priority,
            "lane": lane,
            "version": version,
            "labels": dict(labels) if labels else None,
            "join": join,
            "on_upstream_failure": on_upstream_failure,
            "not_before": not_before,
            "start_by": start_by,
            "deadline": deadline,
        }
        key = key or self._free_key(f"{job}/{client}")
        fields = {name: value for name, value in given.items() if value is not None}
        item = DraftItem(key, {"key": key, "job": job, "client": client, **fields})
        self._items[key] = item
        return item

    def _edge(self, upstream: Upstream) -> dict[str, str]:
        if not isinstance(upstream, DraftItem):
            return {"run": run_id(upstream)}
        if self._items.get(upstream.key) is not upstream:
            raise InvalidRequestError(
                f'after names "{upstream.key}", an item of another batch; add it to this one first'
            )
        return {"key": upstream.key}

    def _free_key(self, wanted: str) -> str:
        if wanted not in self._items:
            return wanted
        number = 2
        while f"{wanted}-{number}" in self._items:
            number += 1
        return f"{wanted}-{number}"


class AsyncBatchDraft(Draft):
    """A batch to be submitted by an `AsyncClient`; see `AsyncClient.batch`."""

    def __init__(
        self, client: "Submissions", name: str, labels: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(name, labels)
        self._client = client

    async def submit(self, *, idempotency_key: str | None = None) -> "AsyncBatch":
        """Submit everything: all of it is taken, or nothing."""
        return await self._client.submit_batch(
            [item.fields for item in self.items],
            name=self.name,
            labels=self.labels,
            idempotency_key=idempotency_key,
        )


class BatchDraft(Draft):
    """A batch to be submitted by a `Client`; see `Client.batch`."""

    def __init__(
        self, client: "SyncSubmissions", name: str, labels: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(name, labels)
        self._client = client

    def submit(self, *, idempotency_key: str | None = None) -> "Batch":
        """Submit everything: all of it is taken, or nothing."""
        return self._client.submit_batch(
            [item.fields for item in self.items],
            name=self.name,
            labels=self.labels,
            idempotency_key=idempotency_key,
        )
