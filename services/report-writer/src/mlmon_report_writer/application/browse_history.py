"""Read history: pages and single documents, each in a fixed number of queries."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mlmon_report_writer.application.attempt_cursors import decode_attempt_cursor
from mlmon_report_writer.application.ports import Fields, HistoryStore, RunFilters
from mlmon_shared.clocks import Clock
from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import NotFoundError
from mlmon_shared.visibility import EVERYTHING, Visibility, redact_attempt, redact_run
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.history import AttemptPage, HistoryPage
from mlmon_shared.wire.records import attempt_document, batch_document, run_document
from mlmon_shared.wire.runs import RunDocument

ItemT = TypeVar("ItemT")


async def get_run(
    store: HistoryStore, run_id: str, *, clock: Clock, visibility: Visibility = EVERYTHING
) -> RunDocument:
    """Return a run with its attempts.

    Raises:
        NotFoundError: History does not have it, or it is not seen.
    """
    fields = await store.find_run(run_id)
    if fields is None or not visibility.sees(client=fields["client"], job=fields["job"]):
        raise NotFoundError(f"history has no run {run_id}", run_id=run_id)
    attempts = await store.list_attempts_of([run_id])
    return (await _redact(store, [_run(fields, attempts, clock)], visibility))[0]


async def list_runs(
    store: HistoryStore, filters: RunFilters, *, cursor: str | None, limit: int, clock: Clock
) -> HistoryPage:
    """Return a page of runs, newest first."""
    before = decode_cursor(cursor) if cursor is not None else None
    as_of = await store.get_as_of()
    found = await store.list_runs(filters, before=before, limit=limit + 1)
    attempts = await store.list_attempts_of([fields["id"] for fields in found[:limit]])
    items, next_cursor = _page(found, limit, lambda fields: _run(fields, attempts, clock))
    items = await _redact(store, items, filters.visibility)
    return HistoryPage(items=items, next_cursor=next_cursor, as_of=as_of.isoformat())


async def list_attempts(
    store: HistoryStore,
    run_id: str | None,
    *,
    visibility: Visibility = EVERYTHING,
    cursor: str | None,
    limit: int,
) -> AttemptPage:
    """Return a page of attempts of runs that are seen, newest first."""
    before = decode_attempt_cursor(cursor) if cursor is not None else None
    as_of = await store.get_as_of()
    found = await store.list_attempts(run_id, visibility=visibility, before=before, limit=limit + 1)
    items, next_cursor = _page(found, limit, attempt_document)
    items = [redact_attempt(item, visibility) for item in items]
    return AttemptPage(items=items, next_cursor=next_cursor, as_of=as_of.isoformat())


async def get_batch(
    store: HistoryStore, batch_id: str, *, visibility: Visibility = EVERYTHING
) -> BatchDocument:
    """Return a batch with its runs counted by state.

    Raises:
        NotFoundError: History does not have it, or not all of its runs are seen.
    """
    fields = await store.find_batch(batch_id)
    if fields is None or not visibility.sees_batch(fields):
        raise NotFoundError(f"history has no batch {batch_id}", batch_id=batch_id)
    counts = await store.count_runs([batch_id])
    return batch_document(fields, counts.get(batch_id, {}))


async def list_batches(
    store: HistoryStore,
    *,
    visibility: Visibility = EVERYTHING,
    cursor: str | None,
    limit: int,
) -> BatchPage:
    """Return a page of batches of which all runs are seen, newest first."""
    before = decode_cursor(cursor) if cursor is not None else None
    found = await store.list_batches(visibility=visibility, before=before, limit=limit + 1)
    counts = await store.count_runs([fields["id"] for fields in found[:limit]])
    items, next_cursor = _page(
        found, limit, lambda fields: batch_document(fields, counts.get(fields["id"], {}))
    )
    return BatchPage(items=items, next_cursor=next_cursor)


async def _redact(
    store: HistoryStore, runs: Sequence[RunDocument], visibility: Visibility
) -> list[RunDocument]:
    """Return runs that are seen, without what tells of others."""
    upstream = sorted({link.run for run in runs for link in run.depends_on if link.run is not None})
    if not visibility.is_limited:
        return list(runs)
    filters = RunFilters(ids=upstream, visibility=visibility)
    found = await store.list_runs(filters, before=None, limit=len(upstream)) if upstream else []
    seen = {fields["id"] for fields in found}
    return [redact_run(run, visibility, seen) for run in runs]


def _run(fields: Fields, attempts: Mapping[str, Sequence[Fields]], clock: Clock) -> RunDocument:
    return run_document(
        fields,
        attempts.get(fields["id"], ()),
        now_ms=clock.now_ms(),
        is_durable=True,
    )


def _page(
    found: Sequence[Fields], limit: int, build: Callable[[Fields], ItemT]
) -> tuple[list[ItemT], str | None]:
    shown = found[:limit]
    next_cursor = encode_cursor(shown[-1]["id"]) if len(found) > limit else None
    return [build(fields) for fields in shown], next_cursor
