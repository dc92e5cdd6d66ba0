"""Calls that block, each in a daemon thread of its own.

The threads of `asyncio.to_thread` are few and shared, and are waited for when the process
ends: a call that hangs with the engine, or with a GPU, must hold up neither other work nor the
end.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def call_in_thread(function: Callable[[], T]) -> T:
    """Return what the function returns; a call that is cancelled goes on unheard."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            _tell(loop, partial(_fail, done, error))
        else:
            _tell(loop, partial(_finish, done, result))

    threading.Thread(target=run, name="blocking-call", daemon=True).start()
    return await done


def _finish(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(callback)
