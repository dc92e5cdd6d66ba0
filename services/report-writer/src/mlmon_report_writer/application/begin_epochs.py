"""Begin epochs of a shard: counted here, because Redis is what may have been lost."""

from typing import Final

from mlmon_report_writer.application.ports import EpochStore
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.history import EpochGrant, EpochRequest

EPOCH_LIMIT: Final = 2**31


async def begin_epoch(store: EpochStore, request: EpochRequest, *, clock: Clock) -> EpochGrant:
    """Return the epoch of the request's instance; a repeated request gets the same one.

    Raises:
        InvalidRequestError: The instance is empty, or the epoch is not a plausible one.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    if not request.instance:
        raise InvalidRequestError.at("/instance", "an instance has a name")
    if not 0 <= request.epoch < EPOCH_LIMIT:
        raise InvalidRequestError.at("/epoch", f"an epoch is from 0 to {EPOCH_LIMIT - 1}")
    epoch = await store.begin_epoch(
        request.shard, request.instance, after=request.epoch, now=clock.now()
    )
    return EpochGrant(shard=request.shard, epoch=epoch)
