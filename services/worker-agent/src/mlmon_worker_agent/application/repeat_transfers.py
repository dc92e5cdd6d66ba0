"""Try a transfer again while that may help: an outage has time, other faults a few tries."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from mlmon_shared.errors import (
    ForbiddenError,
    GoneError,
    MlmonError,
    StaleFenceError,
    UnauthenticatedError,
)
from mlmon_worker_agent.domain.errors import (
    AttemptFailedError,
    CorruptTransferError,
    TransferError,
    UploadRefusedError,
)

log = structlog.get_logger(__name__)

EXPIRED: Final = (UnauthenticatedError, ForbiddenError, GoneError)
"""How a grant is answered whose time is up."""
_TRIES: Final = 4
_LONGEST_WAIT_SECONDS: Final = 5.0
_TOO_MANY: Final = 429
_SERVER_FAULT: Final = 500


async def repeat_transfer(
    try_once: Callable[[], Awaitable[None]],
    what: str,
    *,
    patience_seconds: float,
    refresh: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Try until it is done.

    Args:
        try_once: The transfer.
        what: A clause that says what failed, for the reason.
        patience_seconds: How long to go on while the other side is in trouble.
        refresh: Gets new grants for those that have expired; None where each try asks anew.

    Raises:
        TransferError: It was given up.
        StaleFenceError: The attempt is somebody else's by now.
    """
    give_up_at = time.monotonic() + patience_seconds
    for count in itertools.count(1):
        try:
            return await try_once()
        except (AttemptFailedError, StaleFenceError):
            raise
        except MlmonError as error:
            if not _may_pass(error, count, is_late=time.monotonic() > give_up_at):
                raise TransferError(f"{what}: {error.detail.rstrip('.')}.") from error
            if count == 1:
                log.warning("transfer is tried again", fault=f"{what}: {error.detail}")
            if refresh is not None and isinstance(error, EXPIRED):
                await refresh()
        longest = min(0.25 * 2**count, _LONGEST_WAIT_SECONDS)
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter
    return None


def _may_pass(error: MlmonError, count: int, *, is_late: bool) -> bool:
    """Tell whether another try may succeed."""
    if isinstance(error, (*EXPIRED, CorruptTransferError, UploadRefusedError)):
        return count < _TRIES
    return not is_late and (error.status >= _SERVER_FAULT or error.status == _TOO_MANY)
