"""What schedulers rebuild their shards from."""

from fastapi import APIRouter

from mlmon_report_writer.api.deps import (
    Cursor,
    HistoryStoreDep,
    LargeLimit,
    RecoveryStoreDep,
    Service,
    ShardDep,
)
from mlmon_report_writer.application import read_open
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.history import OpenBatchPage, OpenRunPage, ShardDocument

router = APIRouter(
    prefix="/internal/v1/shards/{shard}",
    tags=["internal"],
    responses=problem_responses(
        UnauthenticatedError,
        ForbiddenError,
        InvalidRequestError,
        NotFoundError,
        StoreUnavailableError,
    ),
)


@router.get("")
async def get_shard(
    shard: str, store: RecoveryStoreDep, own: ShardDep, _service: Service
) -> ShardDocument:
    """Return how far history has got with each epoch of the shard."""
    read_open.check_shard(shard, own)
    return await read_open.get_shard(store, shard)


@router.get("/open-runs")
async def list_open_runs(
    shard: str,
    store: RecoveryStoreDep,
    history: HistoryStoreDep,
    own: ShardDep,
    _service: Service,
    *,
    cursor: Cursor = None,
    limit: LargeLimit = 500,
) -> OpenRunPage:
    """Return a page of runs that are not final or whose batch is not, oldest first."""
    read_open.check_shard(shard, own)
    return await read_open.list_open_runs(store, history, cursor=cursor, limit=limit)


@router.get("/open-batches")
async def list_open_batches(
    shard: str,
    store: RecoveryStoreDep,
    history: HistoryStoreDep,
    own: ShardDep,
    _service: Service,
    *,
    cursor: Cursor = None,
    limit: LargeLimit = 500,
) -> OpenBatchPage:
    """Return a page of batches that are not finished, oldest first."""
    read_open.check_shard(shard, own)
    return await read_open.list_open_batches(store, history, cursor=cursor, limit=limit)
