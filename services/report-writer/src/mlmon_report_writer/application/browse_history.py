"""Read history: pages and single documents, each in a fixed number of queries."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mlmon_report_writer.application.attempt_cursors import decode_attempt_cursor
from mlmon_report_writer.application.ports import Fields, HistoryStore, RunFilters
from mlmon_shared.clocks import Clock
from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.history import AttemptPage, HistoryPage
from mlmon_shared.wire.records import attempt_document, batch_document, run_document
from mlmon_shared.wire.runs import RunDocument

ItemT = TypeVar("ItemT")


async def get_run(store: HistoryStore, run_id: str, *, clock: Clock) -> RunDocument:
    """Return a run with its attempts.

    Raises:
        NotFoundError: History does not have it.
    """
    fields = await store.find_run(run_id)
    if fields is None:
        raise NotFoundError(f"history has no run {run_id}", run_id=run_id)
    attempts = await store.list_attempts_of([run_id])
    return _run(fields, attempts, clock)


async def list_runs(
    store: HistoryStore, filters: RunFilters, *, cursor: str | None, limit: int, clock: Clock
) -> HistoryPage:
    """Return a page of runs, newest first."""
    before = decode_cursor(cursor) if cursor is not None else None
    as_of = await store.get_as_of()
    found = await store.list_runs(filters, before=before, limit=limit + 1)
    attempts = await store.list_attempts_of([fields["id"] for fields in found[:limit]])
    items, next_cursor = _page(found, limit, lambda fields: _run(fields, attempts, clock))
    return HistoryPage(items=items, next_cursor=next_cursor, as_of=as_of.isoformat())


async def list_attempts(
    store: HistoryStore, run_id: str | None, *, cursor: str | None, limit: int
) -> AttemptPage:
    """Return a page of attempts, newest first."""
    before = decode_attempt_cursor(cursor) if cursor is not None else None
    as_of = await store.get_as_of()
    found = await store.list_attempts(run_id, before=before, limit=limit + 1)
    items, next_cursor = _page(found, limit, attempt_document)
    return AttemptPage(items=items, next_cursor=next_cursor, as_of=as_of.isoformat())


async def get_batch(store: HistoryStore, batch_id: str) -> BatchDocument:
    """Return a batch with its runs counted by state.

    Raises:
        NotFoundError: History does not have it.
    """
    fields = await store.find_batch(batch_id)
    if fields is None:
        raise NotFoundError(f"history has no batch {batch_id}", batch_id=batch_id)
    counts = await store.count_runs([batch_id])
    return batch_document(fields, counts.get(batch_id, {}))


async def list_batches(store: HistoryStore, *, cursor: str | None, limit: int) -> BatchPage:
    """Return a page of batches, newest first."""
    before = decode_cursor(cursor) if cursor is not None else None
    found = await store.list_batches(before=before, limit=limit + 1)
    counts = await store.count_runs([fields["id"] for fields in found[:limit]])
    items, next_cursor = _page(
        found, limit, lambda fields: batch_document(fields, counts.get(fields["id"], {}))
    )
    return BatchPage(items=items, next_cursor=next_cursor)


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
