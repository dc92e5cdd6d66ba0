"""Wait until a run is final or a batch finished."""

from collections.abc import Callable
from typing import Final

import anyio

from mlmon.errors import WaitTimeoutError
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState

_LONG_POLL_SECONDS: Final = 60.0
_SHOWN_POLL_SECONDS: Final = 1.0
"""What watches the run sees it as often."""
_SHORTEST_POLL_SECONDS: Final = 0.25


async def wait_run(
    scheduler: SchedulerClient,
    run_id: str,
    on_update: Callable[[RunDocument], object] | None,
    *,
    timeout: float | None,
) -> RunDocument:
    """Return a run once it is final; see `AsyncClient.wait`."""
    longest = _LONG_POLL_SECONDS
    if on_update is not None:
        longest = _SHOWN_POLL_SECONDS
        on_update(await scheduler.get_run(run_id))
    deadline = None if timeout is None else anyio.current_time() + timeout
    while True:
        began_at = anyio.current_time()
        left = longest if deadline is None else max(0.0, deadline - began_at)
        asked = min(left, longest)
        found = await scheduler.wait_run(run_id, timeout_seconds=asked)
        if on_update is not None:
            on_update(found)
        if found.state in FINAL_RUN_STATES:
            return found
        now = anyio.current_time()
        if deadline is not None and now >= deadline:
            detail = f"run {found.id} is still {found.state} after {timeout:g} s"
            remedy = "`explain` says what holds it, and it can be waited for again"
            raise WaitTimeoutError(f"{detail}; {remedy}", run=found.id)
        # A server that answers early, say while it restarts, is not asked in a busy loop.
        if now - began_at < min(asked, _SHORTEST_POLL_SECONDS):
            await anyio.sleep(_SHORTEST_POLL_SECONDS)


def batch_timeout(batch: BatchDocument, timeout: float | None) -> WaitTimeoutError:
    """Return what is raised once the time for a batch is up."""
    detail = f"batch {batch.id} is not finished after {timeout or 0:g} s"
    return WaitTimeoutError(f"{detail}; it goes on, and can be waited for again", batch=batch.id)


async def wait_batch(
    scheduler: SchedulerClient,
    batch_id: str,
    on_update: Callable[[BatchDocument], object] | None,
    *,
    timeout: float | None,
    poll_seconds: float,
) -> BatchDocument:
    """Return a batch once it is finished; see `AsyncClient.wait_batch`."""
    deadline = None if timeout is None else anyio.current_time() + timeout
    shown: BatchDocument | None = None
    while True:
        found = await scheduler.get_batch(batch_id)
        if on_update is not None and found != shown:
            on_update(found)
        shown = found
        if found.state is BatchState.FINISHED:
            return found
        if deadline is not None and anyio.current_time() >= deadline:
            raise batch_timeout(found, timeout)
        await anyio.sleep(poll_seconds)
