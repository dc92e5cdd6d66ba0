"""Hand a scheduler what it rebuilds its shard from: what is not over, page by page."""

from mlmon_report_writer.application.ports import HistoryStore, RecoveryStore
from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.history import (
    OpenBatchPage,
    OpenRun,
    OpenRunPage,
    ShardDocument,
    StreamDocument,
)
from mlmon_shared.wire.records import batch_document


async def get_shard(store: RecoveryStore, shard: str) -> ShardDocument:
    """Return how far history has got with each epoch of a shard.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    streams = [
        StreamDocument(epoch=state.epoch, position=state.position, is_broken=state.is_broken)
        for state in await store.list_streams(shard)
    ]
    return ShardDocument(shard=shard, streams=streams)


async def list_open_runs(
    store: RecoveryStore, history: HistoryStore, *, cursor: str | None, limit: int
) -> OpenRunPage:
    """Return a page of what is not over, with every field and attempt that is known."""
    after = decode_cursor(cursor) if cursor is not None else ""
    found = await store.list_open_runs(after=after, limit=limit + 1)
    attempts = await history.list_attempts_of([fields["id"] for fields in found[:limit]])
    items = [
        OpenRun(
            fields=dict(fields),
            attempts=[dict(attempt) for attempt in attempts.get(fields["id"], ())],
        )
        for fields in found[:limit]
    ]
    more = len(found) > limit
    return OpenRunPage(
        items=items, next_cursor=encode_cursor(found[limit - 1]["id"]) if more else None
    )


async def list_open_batches(
    store: RecoveryStore, history: HistoryStore, *, cursor: str | None, limit: int
) -> OpenBatchPage:
    """Return a page of batches that are not finished, with their runs counted by state."""
    after = decode_cursor(cursor) if cursor is not None else ""
    found = await store.list_open_batches(after=after, limit=limit + 1)
    counts = await history.count_runs([fields["id"] for fields in found[:limit]])
    items = [batch_document(fields, counts.get(fields["id"], {})) for fields in found[:limit]]
    more = len(found) > limit
    return OpenBatchPage(
        items=items, next_cursor=encode_cursor(found[limit - 1]["id"]) if more else None
    )


def check_shard(shard: str, own: str) -> None:
    """Refuse a shard whose history is kept elsewhere.

    Raises:
        NotFoundError: It is another one.
    """
    if shard != own:
        raise NotFoundError(f"this report-writer keeps the history of shard {own}, not of {shard}")
