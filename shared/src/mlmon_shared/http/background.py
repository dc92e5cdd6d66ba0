"""Loops beside an app, and how a service stops without breaking its callers off."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI

_CANCEL_AGAIN_SECONDS: Final = 0.2


@asynccontextmanager
async def in_background(
    app: FastAPI,
    loops: Sequence[Coroutine[Any, Any, None]],
    *,
    on_stop: Callable[[], None] = lambda: None,
) -> AsyncIterator[None]:
    """Run loops beside the app, inside its lifespan.

    Sets `app.state.begin_stop`: the server calls it when it is told to stop, before it
    waits for requests in flight, so that parked requests can be answered at once.

    Args:
        app: Whose lifespan it is.
        loops: Run until the app stops.
        on_stop: Called when stopping begins; may be called twice.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]

        def begin_stop() -> None:
            for task in tasks:
                task.cancel()
            on_stop()

        app.state.begin_stop = begin_stop
        try:
            yield
        finally:
            pending = set(tasks)
            while pending:
                # Once is not enough: asyncio.wait_for, which redis-py uses for each command,
                # may swallow a cancellation on Python 3.11.
                begin_stop()
                _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_SECONDS)
